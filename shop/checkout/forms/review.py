"""Consent of the customer before an order is placed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _


class ReviewForm(forms.Form):
    """Consent to the terms, a private person's request to start at once, and to have digital content at once, and the
    plan of payment: `plans` are keys and words of those offered, `chosen` the one posted before.

    Delivery begins as soon as the order is paid, so nothing can be sold to a private person without that request.
    """

    accept_terms = forms.BooleanField(
        label=_("I have read the terms of sale and accept them."),
        error_messages={"required": _("Please read the terms of sale and accept them.")},
    )
    start_at_once = forms.BooleanField(
        label=_(
            "I ask that the service starts at once, before my 14 days for withdrawal are over, and I know that I lose "
            "the right to withdraw once the service has been fully provided."
        ),
        error_messages={
            "required": _("Delivery begins with your payment, so we need your request to start at once."),
        },
    )

    waive_withdrawal = forms.BooleanField(
        label=_(
            "I expressly ask to have the digital content at once, before the 14 days for withdrawal are over, and I "
            "acknowledge that I thereby lose the right to withdraw from it."
        ),
        error_messages={
            "required": _("The digital content is there with your payment, so we need your request and your consent."),
        },
    )

    plan = forms.TypedChoiceField(
        label=_("In how many parts do you pay?"),
        coerce=int,
        empty_value=None,
        required=False,
        widget=forms.RadioSelect,
    )

    def __init__(
        self,
        data: Any = None,
        *,
        has_terms: bool,
        is_private: bool,
        has_digital: bool = False,
        has_services: bool = True,
        plans: Sequence[tuple[int, str]] = (),
        chosen: str = "",
    ) -> None:
        super().__init__(data, initial={"plan": chosen}, label_suffix="", use_required_attribute=False)
        cast(forms.TypedChoiceField, self.fields["plan"]).choices = [("", _("All at once")), *plans]
        if not plans:
            del self.fields["plan"]
        if not has_terms:
            del self.fields["accept_terms"]
        if not (is_private and has_services):
            del self.fields["start_at_once"]
        if not (is_private and has_digital):
            del self.fields["waive_withdrawal"]
