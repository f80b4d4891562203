"""Answers of micro-forms, to be read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.forms.utils import pretty_name
from django.utils.formats import localize
from django.utils.translation import gettext as _


def answers_in_words(form: forms.Form) -> list[tuple[str, str]]:
    """Label and value of every answer of a valid micro-form, as the reader would say them; blanks are left out."""
    return [
        (str(form[name].label), _in_words(form.fields[name], value))
        for name, value in form.cleaned_data.items()
        if name in form.fields and value not in (None, "", [], ())
    ]


def stored_answers_in_words(form_class: type[forms.Form] | None, answers: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The same for the answers kept with an order; where the handler is gone, the names stand for the labels."""
    fields = form_class.base_fields if form_class else {}
    return [
        (str(fields[name].label or pretty_name(name)), _in_words(fields[name], value))
        if name in fields
        else (name, str(value))
        for name, value in answers.items()
        if value not in (None, "", [], ())
    ]


def _in_words(field: forms.Field, value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(field, forms.ChoiceField):
        return choice_in_words(field, value)
    return str(localize(value))


def choice_in_words(field: forms.ChoiceField, value: Any) -> str:
    """The labels of what was chosen."""
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
