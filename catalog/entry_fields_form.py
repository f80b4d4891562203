"""The form in which a customer answers the fields of an entry, for one unit.

Answers are kept as typed, and may be read again in another language: numbers and dates are read alike in every
language.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.formats import date_format
from django.utils.html import escape
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from catalog.models.entry_fields import LONGEST_LONG_TEXT, LONGEST_TEXT
from catalog.regular_expressions import PatternBroken, matches
from common.decimals import DecimalInput, read_decimal
from common.fields import AddressField, LineField
from common.languages import in_reader_language
from handlers.asked_fields import AskedField, FieldKind, number_in_words
from handlers.unit_fields import OfOneUnit

logger = logging.getLogger(__name__)

MOST, PLACES = Decimal(10) ** 12, 4
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
ROWS = 4


class FieldsForm(forms.Form):
    """One control per field, in order, named as the field is."""

    def __init__(self, fields: Iterable[AskedField], *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields = {asked.name: form_field(asked) for asked in fields}


def form_field(asked: AskedField) -> forms.Field:
    """Return the control for ``asked``, in the reader's language."""
    said: dict[str, Any] = {
        "label": asked.label_text,
        "help_text": _as_text(in_reader_language(asked.help)),
        "required": asked.is_required,
    }
    match asked.kind:
        case FieldKind.LONG_TEXT:
            return LongText(max_length=asked.max_length or LONGEST_LONG_TEXT, **said)
        case FieldKind.CHOICE:
            labels = [(choice.value, in_reader_language(choice.label)) for choice in asked.choices]
            nothing = pgettext("in a list of choices", "Choose")
            return forms.ChoiceField(choices=[("", nothing), *labels], **said)
        case FieldKind.CHECKBOX:
            return forms.BooleanField(**said)
        case FieldKind.NUMBER:
            return Number(asked.least, asked.greatest, **said)
        case FieldKind.EMAIL:
            return Address(widget=forms.EmailInput(attrs={"autocomplete": "off"}), **said)
        case FieldKind.DATE:
            return Day(asked.earliest, asked.latest, **said)
    return Text(asked, **said)


def _as_text(text: str) -> str:
    """Escape a text: pages show the help of a form's field as HTML, and a merchant wrote this help as text."""
    return escape(text)


class Text(LineField):
    """One line, which matches the pattern if there is one."""

    def __init__(self, asked: AskedField, **options: Any) -> None:
        super().__init__(
            max_length=asked.max_length or LONGEST_TEXT,
            widget=forms.TextInput(attrs={"autocomplete": "off"}),
            **options,
        )
        self.pattern, self.example = asked.pattern, asked.example

    def validate(self, value: str) -> None:
        super().validate(value)
        # A longer text is refused for its length, and is not worth matching.
        if not self.pattern or not value or len(value) > (self.max_length or LONGEST_TEXT):
            return
        try:
            is_right = matches(self.pattern, value)
        except PatternBroken:
            # The pattern could be read when it was saved. A finding tells the merchant; the customer cannot mend it.
            logger.warning("The pattern of a field cannot be read any more")
            return
        if not is_right:
            raise ValidationError(
                _("Write this like the example: %(example)s"), code="pattern", params={"example": self.example}
            )


class Address(OfOneUnit, AddressField):
    """E-mail address: usually of one person, so it is not copied; two units may still have the same."""


class LongText(forms.CharField):
    """Several lines. A line break is one sign, as browsers count."""

    def __init__(self, **options: Any) -> None:
        super().__init__(widget=forms.Textarea(attrs={"rows": ROWS, "autocomplete": "off"}), **options)

    def to_python(self, value: Any) -> str:
        text = super().to_python(value) or ""
        return text.replace("\r\n", "\n").replace("\r", "\n")


class Number(forms.Field):
    """A number with a point or a comma, up to twelve digits before it and four behind."""

    default_error_messages = {"number": _("Type a number, for instance 12 or 2.5.")}

    def __init__(self, least: Decimal | None, greatest: Decimal | None, **options: Any) -> None:
        super().__init__(widget=DecimalInput(), **options)
        self.least, self.greatest = least, greatest

    def to_python(self, value: Any) -> Decimal | None:
        text = str(value).strip() if value is not None else ""
        if not text:
            return None
        try:
            number = read_decimal(text, places=PLACES)
        except ValidationError as error:
            raise ValidationError(self.error_messages["number"], code="number") from error
        if abs(number) >= MOST:
            raise ValidationError(self.error_messages["number"], code="number")
        return number

    def validate(self, value: Decimal | None) -> None:
        super().validate(value)
        if value is None:
            return
        if self.least is not None and value < self.least:
            raise ValidationError(
                _("Type %(least)s or more."), code="least", params={"least": number_in_words(self.least)}
            )
        if self.greatest is not None and value > self.greatest:
            raise ValidationError(
                _("Type %(greatest)s or less."), code="greatest", params={"greatest": number_in_words(self.greatest)}
            )


class Day(forms.Field):
    """A day in the form that browsers send."""

    default_error_messages = {"day": _("Choose a day, or write it as 2026-03-31: year, month, day.")}

    def __init__(self, earliest: date | None, latest: date | None, **options: Any) -> None:
        attrs = {"type": "date", "autocomplete": "off"}
        attrs |= {"min": earliest.isoformat()} if earliest else {}
        attrs |= {"max": latest.isoformat()} if latest else {}
        super().__init__(widget=forms.TextInput(attrs=attrs), **options)
        self.earliest, self.latest = earliest, latest

    def to_python(self, value: Any) -> date | None:
        text = str(value).strip() if value is not None else ""
        if not text:
            return None
        try:
            if not _DAY.fullmatch(text):
                raise ValueError
            return date.fromisoformat(text)
        except ValueError as error:
            raise ValidationError(self.error_messages["day"], code="day") from error

    def validate(self, value: date | None) -> None:
        super().validate(value)
        if value is None:
            return
        if self.earliest is not None and value < self.earliest:
            raise ValidationError(
                _("Choose %(day)s or a later day."), code="earliest", params={"day": date_format(self.earliest)}
            )
        if self.latest is not None and value > self.latest:
            raise ValidationError(
                _("Choose %(day)s or an earlier day."), code="latest", params={"day": date_format(self.latest)}
            )
