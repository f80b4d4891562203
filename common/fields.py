"""Form fields for what people type: e-mail addresses, and names and other lines."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from common.defused import holds_web_address
from common.emails import INVALID_ADDRESS, MAX_EMAIL_LENGTH, normalise_email, reachable_email
from common.typed import clean_code, clean_line


class AddressField(forms.EmailField):
    """An e-mail address to which mail can be sent, cleaned to the one spelling in which it is stored."""

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
        return self.read(typed) if typed else ""

    def to_python(self, value: Any) -> str:
        # Its own reader drops the signs that nobody sees; a text of nothing else is an empty one.
        text = super().to_python(value) or ""
        return text if clean_line(text) else ""

    def read(self, typed: str) -> str:
        return reachable_email(typed)


class KnownAddressField(AddressField):
    """An address that the shop may know, from wherever: nobody is kept out whose address was once accepted."""

    def read(self, typed: str) -> str:
        return normalise_email(typed)


class LineField(forms.CharField):
    """A name, a reference or another line, cleaned by `clean_line` before it counts as typed or is measured."""

    def to_python(self, value: Any) -> str:
        text = super().to_python(value) or ""
        # A null byte stays, for the validator that refuses it.
        return text if "\0" in text else self.cleaned(text)

    def cleaned(self, text: str) -> str:
        return clean_line(text)


class NameField(LineField):
    """A name of a person or an organisation: short, and without an address of the web, since mails to others hold it.

    A longer name that is stored already is shown as it is; it is shortened when it is next typed.
    """

    MOST_LETTERS = 100

    def __init__(self, **options: Any) -> None:
        options["max_length"] = min(options.get("max_length") or self.MOST_LETTERS, self.MOST_LETTERS)
        super().__init__(**options)

    def clean(self, value: Any) -> str:
        name: str = super().clean(value)
        if holds_web_address(name):
            raise forms.ValidationError(_("Type the name alone, without an address of the web."), code="web_address")
        return name


class CodeLineField(LineField):
    """A code: a line whose dashes are those of the keyboard, whatever a word processor made of them."""

    def cleaned(self, text: str) -> str:
        return clean_code(text)
