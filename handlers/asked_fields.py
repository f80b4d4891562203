"""Fields that a merchant has added to an entry: asked of each unit bought, besides the handler's own form.

Plain values, equal for the entry as it stands and for the order line on which they are frozen. Their answers are kept
apart from the handler's (``UnitContext.fields`` beside ``UnitContext.answers``), so that names never collide.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db import models
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from common.languages import in_reader_language


class FieldKind(models.TextChoices):
    """Kind of answer that a field asks for."""

    TEXT = "text", pgettext_lazy("kind of field", "Text")
    LONG_TEXT = "long_text", pgettext_lazy("kind of field", "Long text")
    CHOICE = "choice", pgettext_lazy("kind of field", "Choice")
    CHECKBOX = "checkbox", pgettext_lazy("kind of field", "Checkbox")
    NUMBER = "number", pgettext_lazy("kind of field", "Number")
    EMAIL = "email", pgettext_lazy("kind of field", "E-mail address")
    DATE = "date", pgettext_lazy("kind of field", "Date")


@dataclass(frozen=True)
class Choice:
    """Answer to choose from; ``value`` is stored, ``label`` is shown, by language."""

    value: str
    label: Mapping[str, str]


@dataclass(frozen=True)
class AskedField:
    """Field of an entry. Texts are by language; bounds are inclusive, None for none.

    Its answer, as stored and as hooks see it: a text for texts, choices (the value) and e-mail addresses, "" for none;
    True or False for a checkbox; digits for a number and an ISO 8601 date, None for none.
    """

    name: str
    kind: FieldKind
    label: Mapping[str, str]
    help: Mapping[str, str] = field(default_factory=dict)
    is_required: bool = False
    choices: tuple[Choice, ...] = ()
    least: Decimal | None = None
    greatest: Decimal | None = None
    earliest: date | None = None
    latest: date | None = None
    max_length: int | None = None
    pattern: str = ""
    example: str = ""

    @property
    def label_text(self) -> str:
        """Label in the reader's language."""
        return in_reader_language(self.label)

    def in_words(self, value: Any) -> str:
        """Return a stored answer as the reader writes it; "" for none."""
        if value is None or value == "":
            return ""
        if isinstance(value, bool):
            return _("yes") if value else _("no")
        text = str(value)
        with suppress(InvalidOperation, ValueError):
            match self.kind:
                case FieldKind.NUMBER:
                    return number_in_words(Decimal(text))
                case FieldKind.DATE:
                    return date_format(date.fromisoformat(text), "DATE_FORMAT")
                case FieldKind.CHOICE:
                    labels = {choice.value: in_reader_language(choice.label) for choice in self.choices}
                    return labels.get(text, text)
        return text

    def to_freeze(self) -> dict[str, Any]:
        """Return the part that an order keeps, as JSON: all that is needed to read the answers for good."""
        return {
            "name": self.name,
            "kind": str(self.kind),
            "label": dict(self.label),
            "choices": choices_to_store(self.choices),
        }

    @classmethod
    def frozen(cls, kept: Mapping[str, Any]) -> AskedField:
        """Return the field that ``to_freeze`` kept."""
        return cls(
            name=kept["name"],
            kind=FieldKind(kept["kind"]),
            label=kept["label"],
            choices=choices_stored(kept["choices"]),
        )


def choices_to_store(choices: Iterable[Choice]) -> list[dict[str, Any]]:
    """Return choices as JSON."""
    return [{"value": choice.value, "label": dict(choice.label)} for choice in choices]


def choices_stored(stored: Iterable[Mapping[str, Any]]) -> tuple[Choice, ...]:
    """Return the choices that ``choices_to_store`` wrote."""
    return tuple(Choice(choice["value"], choice["label"]) for choice in stored)


def number_in_words(number: Decimal) -> str:
    """Return a number in the reader's language, without trailing zeros."""
    return str(number_format(format(number.normalize(), "f"), use_l10n=True))


def fields_in_words(fields: Iterable[AskedField], stored: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return label and value of every answer, in the order of the fields, without blanks."""
    said = ((asked.label_text, asked.in_words(stored.get(asked.name))) for asked in fields)
    return [(label, value) for label, value in said if value]
