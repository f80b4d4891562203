"""Fields of what an order's invoice will say about the buyer: asked at «your details», and corrected afterwards."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.members.forms.details import NUMBERS
from accounts.members.models import SERVICE_CODE_LENGTH, Buyer
from common.fields import AddressField, LineField, NameField
from common.postal import PostalAddressForm, PostalNameField
from common.register_numbers import missing_number
from shop.checkout.buyers import TABLE, rules_for
from shop.orders.copied.columns import COMMITMENT_LENGTH

# Fields that the table of rules asks of some buyers alone. A private person's one name stands on the invoice too.
BY_KIND = frozenset(name for rules in TABLE.values() for name in rules.needs | rules.asks)


def fields_of(buyer: Buyer) -> frozenset[str]:
    """Return the fields, of BY_KIND, that a kind of buyer fills in."""
    rules = rules_for(buyer)
    return rules.needs | rules.asks


class InvoiceForm(PostalAddressForm):
    """Base of forms that ask what stands on the invoice. Which fields count depends on `buyer_kind`."""

    contact_name = NameField(label=_("Your name"), widget=forms.TextInput(attrs={"autocomplete": "name"}))
    # Carts keep the name of the address under the key `billing_name`.
    name = None  # type: ignore[assignment]  # Django's way to leave out a field of the base
    billing_name = PostalNameField()
    # Longer than the stored one when typed with blanks; whether it may be empty depends on the kind.
    register_number = forms.CharField(
        label=_("SIRET or registration number"),
        required=False,
        max_length=60,
        help_text=_("In France the SIRET, 14 digits; elsewhere the number in the country's register."),
    )
    vat_id = forms.CharField(
        label=_("VAT number"),
        required=False,
        max_length=40,
        help_text=_("For organisations that have one, such as FR40303265045."),
    )
    service_code = LineField(
        label=_("Service code"),
        required=False,
        max_length=SERVICE_CODE_LENGTH,
        help_text=_("If your rules ask for one (Chorus Pro)."),
    )
    commitment_number = LineField(
        label=_("Commitment number"),
        required=False,
        max_length=COMMITMENT_LENGTH,
        help_text=_("If you have it: the number of the purchase order (engagement juridique)."),
    )
    purchase_reference = LineField(
        label=_("Your purchase-order reference"),
        required=False,
        max_length=60,
        help_text=_("Printed on the invoice as you type it."),
    )
    payer_email = AddressField(
        label=_("Payer's e-mail address"),
        required=False,
        help_text=_("If somebody else pays or needs the invoice."),
        widget=forms.EmailInput(attrs={"spellcheck": "false"}),
    )

    renamed: ClassVar[dict[str, str]] = {"name": "billing_name"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["billing_name"].help_text = ""

    @property
    def buyer_kind(self) -> Buyer:
        """Return the kind of buyer."""
        raise NotImplementedError

    def leave_out(self, *names: str) -> None:
        for name in names:
            self.fields.pop(name, None)

    def clean_for_buyer(self) -> None:
        """Read the numbers of this kind of buyer, and ignore what others type. Call it once the kind is known."""
        self._drop_what_others_type()
        cleaned = self.cleaned_data
        country = cleaned.get("country", "")
        for name, normalise in NUMBERS.items():
            try:
                cleaned[name] = normalise(cleaned.get(name, ""), country=country)
            except forms.ValidationError as error:
                self.add_error(name, error)
        is_needed = "register_number" in rules_for(self.buyer_kind).needs
        if is_needed and country and not cleaned.get("register_number") and "register_number" not in self.errors:
            self.add_error("register_number", missing_number(country))

    def _drop_what_others_type(self) -> None:
        """Ignore fields that this kind of buyer does not see, right or wrong: they may have been typed before the kind
        was chosen, and stay in the cart."""
        for name in BY_KIND - fields_of(self.buyer_kind):
            self.errors.pop(name, None)
            self.cleaned_data[name] = ""
        if self.buyer_kind == Buyer.PERSON:
            self.cleaned_data["billing_name"] = self.cleaned_data.get("contact_name", "")
