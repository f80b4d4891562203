"""Form by which a customer corrects the billing details of an order, with the fields and rules of «your details»."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Model
from django.forms import BoundField

from accounts.members.models import Buyer
from common.made_from import MadeFrom, values_of
from common.postal import PostalAddress
from shop.checkout.forms.invoice import BY_KIND, InvoiceForm, fields_of
from shop.orders.billing.services import BILLING
from shop.orders.models import Order

OPTIONAL = ("vat_id", "service_code", "commitment_number", "purchase_reference", "payer_email")
TYPED_BY_NAME = ("contact_name", "register_number", *OPTIONAL)


class BillingDetailsForm(MadeFrom, InvoiceForm, forms.ModelForm):
    """Billing details of an order as they stand. Kind of buyer and mail address stay: tax, terms and rights to the
    order follow from them."""

    class Meta:
        model = Order
        fields = TYPED_BY_NAME

    def __init__(self, data: Any = None, *, instance: Order) -> None:
        self.before = {name: str(getattr(instance, name)) for name in BILLING}
        initial = self.initial_of(instance.billing_address)
        super().__init__(data, instance=instance, initial=initial, label_suffix="", use_required_attribute=False)
        self.leave_out(*(BY_KIND - fields_of(self.buyer_kind)))

    @property
    def buyer_kind(self) -> Buyer:
        return self.instance.bought_by

    def of_organisations(self) -> list[BoundField]:
        """Return the fields that a private person has not and an organisation may leave empty."""
        return [self[name] for name in OPTIONAL if name in self.fields]

    def shown_values(self, row: Model) -> dict[str, Any]:
        stored = {**self.initial_of(PostalAddress.of(row, prefix="billing_")), **values_of(row, TYPED_BY_NAME)}
        return {name: value for name, value in stored.items() if name in self.fields}

    def clean(self) -> dict[str, Any]:
        super().clean()
        self.clean_for_buyer()
        left_out = BY_KIND - fields_of(self.buyer_kind) - {"billing_name"}
        return {name: value for name, value in self.cleaned_data.items() if name not in left_out}

    def corrected(self) -> dict[str, str]:
        """Return the billing data typed, by the names of `BILLING`; for a valid form. A private person's one name goes
        into both columns when it is changed."""
        typed = {**self.cleaned_data, **self.to_address().columns(prefix="billing_")}
        values = {name: str(typed[name]) for name in BILLING if name in typed}
        if self.buyer_kind == Buyer.PERSON and values["contact_name"] == self.before["contact_name"]:
            del values["billing_name"]
        return values
