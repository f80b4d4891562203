"""Form by which an operator asks those who buy for an account to buy more."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from common.fields import LineField
from common.templatetags.money import grouped
from shop.cart.forms import AddToCartForm
from shop.cart.limits import MAX_QUANTITY


class AskBuyersForm(AddToCartForm):
    """Quantity wanted, with a word."""

    MOST_WORDS = 300

    words = LineField(
        label=_("A word for those who buy"),
        help_text=_("For example what the seats are for, or by when you need them."),
        required=False,
        max_length=MOST_WORDS,
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off"}),
    )

    def clean_quantity(self) -> int:
        quantity: int = self.cleaned_data["quantity"]
        if quantity > MAX_QUANTITY:
            raise forms.ValidationError(_("Quantity: at most %(limit)s."), params={"limit": grouped(MAX_QUANTITY)})
        return quantity
