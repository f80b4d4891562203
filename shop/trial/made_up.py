"""Invented people and answers, to try an entry without a customer."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar, cast

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _

from handlers.asked_fields import AskedField, FieldKind
from shop.cart.micro_forms import Asked, Typed

T = TypeVar("T", Decimal, date)
MOST_LETTERS = 60


def made_up_answers(asked: Asked, *, quantity: int, domain: str) -> dict[int, Typed]:
    """Invent answers to the micro-forms of `quantity` units, as a browser would post them; {} if nothing is asked.

    They are guessed from the kind of each field, so that they suit handlers not written yet. Addresses differ for every
    unit, and are in `domain`.
    """
    if not asked:
        return {}
    form = asked.form_class() if asked.form_class else forms.Form()
    return {
        index: Typed(
            answers=_answers(form, index + 1, domain),
            fields={field.name: _field_answer(field, index + 1, domain) for field in asked.fields},
        )
        for index in range(quantity)
    }


def _field_answer(field: AskedField, number: int, domain: str) -> str:
    """Invent an answer to a field of the entry."""
    match field.kind:
        case FieldKind.CHOICE:
            return field.choices[0].value
        case FieldKind.CHECKBOX:
            return "on"
        case FieldKind.NUMBER:
            return _within(Decimal(1), field.least, field.greatest)
        case FieldKind.DATE:
            return _within(timezone.localdate(), field.earliest, field.latest)
        case FieldKind.EMAIL:
            return f"participant{number}@{domain}"
    text = field.example or _("Participant %(number)d") % {"number": number}
    return text[: field.max_length or len(text)]


def _within(value: T, least: T | None, most: T | None) -> str:
    """Return the value, or the bound beyond which it lies, as it would be typed."""
    within = least if least is not None and value < least else value
    return str(most if most is not None and within > most else within)


def _answers(form: forms.Form, number: int, domain: str) -> dict[str, Any]:
    typed = {name: _answer(name, field, number, domain) for name, field in form.fields.items()}
    return {name: value for name, value in typed.items() if value is not None}


def _answer(name: str, field: forms.Field, number: int, domain: str) -> Any:
    """Invent an answer to a field of the handler's form; None for no answer."""
    match field:
        case forms.MultipleChoiceField():
            return [_first_choice(field)]
        case forms.ChoiceField():
            return _first_choice(field)
        case forms.BooleanField():
            return "on" if field.required else None
        case forms.IntegerField() | forms.DecimalField() | forms.FloatField():
            return str(field.min_value if field.min_value is not None else 1)
        case forms.DateTimeField():
            return f"{timezone.localtime():%Y-%m-%d %H:%M}"
        case forms.DateField():
            return f"{timezone.localdate():%Y-%m-%d}"
        case forms.TimeField():
            return "09:00"
        case forms.FileField():
            return None
        case forms.URLField():
            return f"https://{domain}/"
    if isinstance(field, forms.EmailField) or isinstance(field.widget, forms.EmailInput) or "email" in name:
        return f"participant{number}@{domain}"
    return _text(name, field, number)


def _first_choice(field: forms.ChoiceField) -> Any:
    """Return the first real choice; choices in groups are one level deeper."""
    choices = cast("Iterable[tuple[Any, Any]]", field.choices)  # a callable was called by the field
    for value, label in choices:
        if isinstance(label, list | tuple):
            return label[0][0]
        if value not in ("", None):
            return value
    return ""


def _text(name: str, field: forms.Field, number: int) -> str:
    if isinstance(field.widget, forms.Textarea):
        text = _("Participant %(number)d\n1 Example Street\n75001 Paris\nFrance") % {"number": number}
    elif name == "first_name":
        text = _("Participant")
    elif name == "last_name":
        text = str(number)
    else:
        text = _("Participant %(number)d") % {"number": number}
    longest = getattr(field, "max_length", None) or MOST_LETTERS * 10
    return text[:longest]
