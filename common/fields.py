"""Form fields for e-mail addresses."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from common.emails import INVALID_ADDRESS, MAX_EMAIL_LENGTH, normalise_email


class AddressField(forms.EmailField):
    """An e-mail address, cleaned to the one spelling in which it is stored."""

    default_error_messages = {"invalid": INVALID_ADDRESS}

    def __init__(self, **options: Any) -> None:
        options.setdefault("label", _("E-mail address"))
        options.setdefault("max_length", MAX_EMAIL_LENGTH)
        options.setdefault("widget", forms.EmailInput(attrs={"autocomplete": "email", "spellcheck": "false"}))
        super().__init__(**options)
        # normalise_email, which is stricter and accepts more spellings, validates in place of EmailField's validators.
        self.validators = []

    def clean(self, value: Any) -> str:
        typed = super().clean(value)
        return normalise_email(typed) if typed else ""
