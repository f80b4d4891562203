"""Forms of a paper diploma, for the merchant and for the customer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from common.emails import MAX_EMAIL_LENGTH, reachable_email
from common.fields import LineField
from handlers.contract import ParametersForm
from handlers.parameter_fields import DaysField, TextField

DAYS_TO_POST = 10
FEWEST_ADDRESS_LINES = 2


class MailboxField(TextField):
    """One e-mail address, normalised as the shop compares them."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("max_length", MAX_EMAIL_LENGTH)
        super().__init__(**options)

    def clean(self, value: Any) -> str:
        typed: str = super().clean(value)
        return reachable_email(typed) if typed else ""


class PaperDiplomaForm(ParametersForm):
    title = TextField(
        label=_("Title of the diploma"),
        required=True,
        max_length=150,
        help_text=_("As it is printed, for instance “First aider at work”."),
    )
    printer = MailboxField(
        label=_("Printing service"),
        help_text=_("E-mail address that orders are sent to, with names and addresses. Empty: the sales team."),
    )
    days = DaysField(
        label=_("Days until posting"),
        initial=DAYS_TO_POST,
        help_text=_("What the customer is told to expect, counted from payment."),
    )


class DiplomaForm(forms.Form):
    """Micro-form of one diploma: the name on it, and the address it is posted to."""

    name = LineField(
        label=_("Name on the diploma"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    address = forms.CharField(
        label=_("Postal address"),
        max_length=400,
        widget=forms.Textarea(attrs={"rows": 4, "autocomplete": "off"}),
        help_text=_("On several lines, as on an envelope: recipient, street, postal code and town, country."),
    )

    def clean_address(self) -> str:
        lines = [line.strip() for line in self.cleaned_data["address"].splitlines() if line.strip()]
        if len(lines) < FEWEST_ADDRESS_LINES:
            raise ValidationError(
                _("Write the whole address on several lines, as on an envelope: a letter must find it."),
                code="incomplete",
            )
        return "\n".join(lines)


@dataclass(frozen=True)
class PaperDiplomaParameters:
    """Internal parameters, typed."""

    title: str
    printer: str
    days: int

    @classmethod
    def of(cls, params: Mapping[str, Any]) -> PaperDiplomaParameters:
        return cls(
            title=params.get("title") or "",
            printer=params.get("printer") or "",
            days=params.get("days") or DAYS_TO_POST,
        )
