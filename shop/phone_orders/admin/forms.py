"""Forms on which staff enter an order: for whom, lines, details, and the note that the customer accepts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from accounts.members.models import CustomerAccount
from accounts.people.models import User
from catalog.models.entries import Entry
from common.admin.autocomplete import CheckedAutocompleteSelect
from shop.cart.models import CartLine
from shop.checkout.forms.details import DetailsForm
from shop.orders.models import Order

LABELS = {
    "email": _("E-mail address of the customer"),
    "contact_name": _("Name of the customer"),
    "kind": pgettext_lazy("who is the customer?", "Customer buys"),
    "purchase_reference": _("Purchase-order reference of the customer"),
}
UNSTYLED = (forms.CheckboxInput, forms.RadioSelect, forms.CheckboxSelectMultiple, forms.HiddenInput)


def styled(fields: Iterable[forms.Field]) -> None:
    """Give the controls of a form of the shop the look of the administration."""
    for field in fields:
        if not isinstance(field.widget, UNSTYLED):
            parts = getattr(field.widget, "widgets", [field.widget])
            for part in parts:
                part.attrs["class"] = f"{part.attrs.get('class', '')} amphi-input".strip()


class ForWhomForm(forms.Form):
    """Customer account of a new order, or a new customer."""

    use_required_attribute = False

    account = forms.ModelChoiceField(
        label=_("Customer account"),
        queryset=CustomerAccount.objects.filter(closed_at__isnull=True),
        required=False,
        widget=CheckedAutocompleteSelect(Order._meta.get_field("account"), admin.site),
        help_text=_("Leave it blank for a new customer, whose details you type on the next page."),
    )
    language = forms.ChoiceField(
        label=_("Language of the customer"), choices=settings.LANGUAGES, widget=UnfoldAdminSelectWidget()
    )


class NewLineForm(forms.Form):
    """Entry and quantity to put on the order."""

    use_required_attribute = False

    entry = forms.ModelChoiceField(
        label=_("Catalogue entry"),
        queryset=Entry.objects.all(),
        required=False,
        widget=CheckedAutocompleteSelect(CartLine._meta.get_field("entry"), admin.site),
    )
    quantity = forms.IntegerField(
        label=_("Quantity"), required=False, min_value=1, widget=UnfoldAdminTextInputWidget({"inputmode": "numeric"})
    )


class CustomerDetailsForm(DetailsForm):
    """Form «Your details» as staff read it, with the person who buys."""

    def __init__(self, *args: Any, buyers: Iterable[User] = (), buyer: User | None = None, **kwargs: Any) -> None:
        super().__init__(*args, user=buyer, **kwargs)
        for name, label in LABELS.items():
            if name in self.fields:
                self.fields[name].label = label
        if "email" in self.fields:
            self.fields["email"].help_text = _("The link to accept the order, and the order itself, are sent here.")
        choices = [(str(person.pk), f"{person.get_full_name()} ({person.email})") for person in buyers]
        if choices:
            field = forms.ChoiceField(label=_("Buyer"), choices=choices, initial=str(buyer.pk) if buyer else None)
            self.fields = {"buyer": field, **self.fields}
        styled(self.fields.values())


class AcceptedForm(forms.Form):
    """Note of staff that the customer accepts, and how."""

    use_required_attribute = False

    how = forms.CharField(
        label=_("How the customer accepted"),
        max_length=500,
        widget=UnfoldAdminTextareaWidget({"rows": 2}),
        help_text=_("By telephone to whom, by letter or purchase order of which number. Kept with the order."),
    )
    on = forms.DateField(label=_("On which day"), widget=UnfoldAdminTextInputWidget({"type": "date"}), localize=False)
    accept_terms = forms.BooleanField(
        label=_("The customer knows the terms of sale and accepts them."), widget=UnfoldBooleanWidget()
    )
    start_at_once = forms.BooleanField(
        label=_("The customer, a private person, asks that the service starts at once, and knows the consequence."),
        widget=UnfoldBooleanWidget(),
    )

    waive_withdrawal = forms.BooleanField(
        label=_(
            "The customer, a private person, asks for the digital content at once, and knows that they cannot withdraw "
            "from it then."
        ),
        widget=UnfoldBooleanWidget(),
    )

    def __init__(self, *args: Any, has_terms: bool, is_private: bool, has_digital: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not has_terms:
            del self.fields["accept_terms"]
        if not is_private:
            del self.fields["start_at_once"]
        if not has_digital:
            del self.fields["waive_withdrawal"]
