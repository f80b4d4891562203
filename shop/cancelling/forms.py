"""Form by which an account says how many units of each line it cancels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common.decimals import DecimalField
from shop.cancelling.selectors import Offer


class CancelForm(forms.Form):
    """Number of units of each line, `line-7`, and the amount that the page showed as going back."""

    use_required_attribute = False

    back = DecimalField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any, *, offers: Sequence[Offer]) -> None:
        super().__init__(data, label_suffix="")
        self.offers = [offer for offer in offers if offer.is_open]
        for offer in self.offers:
            self.fields[_name(offer)] = forms.IntegerField(
                label=offer.line.name,
                required=False,
                min_value=0,
                max_value=len(offer.units),
                help_text=_("%(n)d free. %(terms)s")
                % {"n": len(offer.units), "terms": offer.terms.in_words(offer.line.order.currency)},
            )

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or self.cleaned_data
        if not self.errors and not self.counts():
            raise forms.ValidationError(gettext_lazy("Say how many you cancel."), code="nothing")
        return typed

    def counts(self) -> dict[int, int]:
        """Return how many units are cancelled of each line, by line id; lines of which there are none are left out."""
        typed = {offer.line.pk: self.cleaned_data.get(_name(offer)) for offer in self.offers}
        return {line_id: count for line_id, count in typed.items() if count}


def _name(offer: Offer) -> str:
    return f"line-{offer.line.pk}"
