"""Forms of the merchant's actions on an order."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget, UnfoldBooleanWidget

from catalog.pricing import round_money
from common.admin.decimals import AdminDecimalInput
from common.decimals import read_amount

_MOST = Decimal("9999999999.99")
REFERENCE_LENGTH = 140


class AmountField(forms.Field):
    """Amount of money as typed or pasted in either language: 1234,50 or 1 234.50 € or 1,234.50. More than zero."""

    default_error_messages = {
        "positive": _("An amount that has arrived is more than nothing."),
        "too_much": _("This amount is too large to be right."),
    }

    def to_python(self, value: Any) -> Decimal | None:
        typed = str(value).strip() if value is not None else ""
        if not typed:
            return None
        amount = read_amount(typed, currency=settings.SHOP_CURRENCY)
        if amount <= 0:
            raise ValidationError(self.error_messages["positive"], code="positive")
        if amount > _MOST:
            raise ValidationError(self.error_messages["too_much"], code="too_much")
        return round_money(amount)


class ConfirmPaymentForm(forms.Form):
    """Confirmation by the merchant that a payment was received."""

    use_required_attribute = False

    amount = AmountField(
        label=_("Amount received"),
        widget=AdminDecimalInput(),
        help_text=_("As it stands on the bank statement."),
    )
    reference = forms.CharField(
        label=_("Reference of the payment"),
        max_length=REFERENCE_LENGTH,
        widget=UnfoldAdminTextInputWidget({"autocomplete": "off"}),
        help_text=_(
            "What tells this payment from others: the bank’s reference, or the number of a cheque. The same reference "
            "typed twice counts once."
        ),
    )
    is_what_arrived = forms.BooleanField(
        label=_("This is what arrived"),
        required=False,
        widget=UnfoldBooleanWidget(),
        help_text=_(
            "Tick it when the amount differs from the order’s total and is right all the same. It is recorded; the "
            "order goes on waiting for its money."
        ),
    )

    def clean_reference(self) -> str:
        reference = self.cleaned_data["reference"]
        # References are compared in upper case, where some letters become two or three.
        if len(reference.upper()) > REFERENCE_LENGTH:
            raise ValidationError(_("This reference is too long."), code="max_length")
        return reference


class CancelForm(forms.Form):
    """Reason for cancelling an order."""

    reason = forms.CharField(
        label=_("Why"),
        required=False,
        max_length=500,
        widget=UnfoldAdminTextareaWidget({"rows": 3}),
        help_text=_("Kept in the order’s history. The customer does not read it."),
    )
