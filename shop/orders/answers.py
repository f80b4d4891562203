"""Answers of micro-forms, for readers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms.utils import pretty_name
from django.utils.formats import localize
from django.utils.translation import gettext as _

from handlers.asked_fields import AskedField, fields_in_words
from shop.cart.micro_forms import MicroForm
from shop.orders.lines.models import OrderLine, OrderUnit

BLANK: tuple[Any, ...] = (None, "", [], ())


@dataclass(frozen=True)
class Answer:
    """Answer with its label. `is_labelled`: the answer means nothing without its label, so the label is shown."""

    label: str
    value: str
    is_labelled: bool = False


def form_in_words(form: MicroForm) -> list[Answer]:
    """Return the answers of a valid micro-form in the reader's language; blanks are left out."""
    own = form.own
    answers = [
        Answer(str(own[name].label), _in_words(own.fields[name], value))
        for name, value in (own.cleaned_data.items() if own is not None else ())
        if own is not None and name in own.fields and value not in BLANK
    ]
    return answers + _of_fields(form.asked.fields, form.field_answers)


def unit_in_words(line: OrderLine, form_class: type[forms.Form] | None, unit: OrderUnit) -> list[Answer]:
    """Like `form_in_words`, for a unit kept with an order; if the handler is gone, names replace labels."""
    fields = form_class.base_fields if form_class else {}
    answers = [
        Answer(str(fields[name].label or pretty_name(name)), _in_words(fields[name], value))
        if name in fields
        else Answer(name, str(value))
        for name, value in unit.answers.items()
        if value not in BLANK
    ]
    return answers + _of_fields(line.fields_asked, unit.fields)


def _of_fields(fields: Iterable[AskedField], stored: Mapping[str, Any]) -> list[Answer]:
    return [Answer(label, value, is_labelled=True) for label, value in fields_in_words(fields, stored)]


def _in_words(field: forms.Field, value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(field, forms.ChoiceField):
        return choice_in_words(field, value)
    return str(localize(value))


def choice_in_words(field: forms.ChoiceField, value: Any) -> str:
    """Return the labels of the chosen options."""
    labels = _labels(field)
    values = value if isinstance(value, list | tuple) else [value]
    return ", ".join(labels.get(str(item), str(item)) for item in values)


def _labels(field: forms.ChoiceField) -> dict[str, str]:
    labels: dict[str, str] = {}
    for value, label in list(field.widget.choices):
        if isinstance(label, list | tuple):
            labels |= {str(inner): str(text) for inner, text in label}
        else:
            labels[str(value)] = str(label)
    return labels
