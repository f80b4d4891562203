"""Answers of micro-forms, to be read."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.formats import localize
from django.utils.translation import gettext as _


def answers_in_words(form: forms.Form) -> list[tuple[str, str]]:
    """Label and value of every answer of a valid micro-form, as the reader would say them; blanks are left out."""
    return [
        (str(form.fields[name].label or name), _in_words(form.fields[name], value))
        for name, value in form.cleaned_data.items()
        if name in form.fields and value not in (None, "", [], ())
    ]


def _in_words(field: forms.Field, value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(field, forms.ChoiceField):
        labels = _labels(field)
        values = value if isinstance(value, list | tuple) else [value]
        return ", ".join(labels.get(str(item), str(item)) for item in values)
    return str(localize(value))


def _labels(field: forms.ChoiceField) -> dict[str, str]:
    labels: dict[str, str] = {}
    for value, label in field.choices:
        if isinstance(label, list | tuple):
            labels |= {str(inner): str(text) for inner, text in label}
        else:
            labels[str(value)] = str(label)
    return labels
