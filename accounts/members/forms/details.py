from __future__ import annotations

from typing import Any, cast

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.members.details import AccountDetails
from accounts.members.models import CustomerAccount
from accounts.people.models import User
from common.fields import AddressField, LineField, NameField
from common.made_from import MadeFrom
from common.postal import PARTS, PostalAddressForm
from common.register_numbers import normalise_register_number
from common.vat import normalise_vat_id

# Fields of numbers whose form depends on the country.
NUMBERS = {"register_number": normalise_register_number, "vat_id": normalise_vat_id}


class AccountDetailsForm(MadeFrom, PostalAddressForm, forms.ModelForm):
    """Kind, name, billing address and numbers of a customer account."""

    payer_email = AddressField(
        label=_("Payer's e-mail address"),
        required=False,
        help_text=_("If somebody else pays your orders."),
    )

    class Meta:
        model = CustomerAccount
        fields = ("kind", "is_public_body", *PARTS, "register_number", "vat_id", "service_code", "payer_email")
        field_classes = {"service_code": LineField}
        widgets = {"kind": forms.RadioSelect}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial = {**self.initial, **self.initial_of(self.instance.address)}
        # A number typed with blanks and dots is longer than the stored one.
        for name in NUMBERS:
            field = self.fields[name]
            self.fields[name] = forms.CharField(
                label=field.label, help_text=field.help_text, required=False, max_length=40
            )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for name, normalise in NUMBERS.items():
            try:
                cleaned[name] = normalise(cleaned.get(name) or "", country=str(cleaned.get("country") or ""))
            except ValidationError as invalid:
                self.add_error(name, invalid)
        return cleaned

    def to_details(self) -> AccountDetails:
        cleaned = self.cleaned_data
        return AccountDetails(
            kind=cleaned["kind"],
            address=self.to_address(),
            vat_id=cleaned["vat_id"],
            payer_email=cleaned["payer_email"],
            is_public_body=cleaned["is_public_body"],
            register_number=cleaned["register_number"],
            service_code=cleaned["service_code"],
        )


class ProfileForm(MadeFrom, forms.ModelForm):
    """A person's own name and language."""

    class Meta:
        model = User
        fields = ("first_name", "last_name", "language")
        field_classes = {"first_name": NameField, "last_name": NameField}
        widgets = {
            "first_name": forms.TextInput(attrs={"autocomplete": "given-name"}),
            "last_name": forms.TextInput(attrs={"autocomplete": "family-name"}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        language = cast("forms.ChoiceField", self.fields["language"])
        language.choices = [("", _("As the shop")), *settings.LANGUAGES]
