"""Renderer of forms that writes the commonest parts, byte for byte what Django's templates write, without a template.

A form of the administration has hundreds of these parts: attributes, plain inputs, options, labels, lists of errors
that are empty. `common/form_templates` puts them in the place of Django's within other templates.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

from django import forms
from django.forms.renderers import DjangoTemplates
from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.html import conditional_escape
from django.utils.safestring import SafeData

_DJANGO = "django/forms/"
_ERRORS = frozenset({_DJANGO + "errors/list/default.html", _DJANGO + "errors/list/ul.html"})
_INPUTS = frozenset(
    f"{_DJANGO}widgets/{kind}.html"
    for kind in (
        "checkbox",
        "date",
        "email",
        "hidden",
        "input",
        "number",
        "password",
        "search",
        "tel",
        "text",
        "time",
        "url",
    )
)


class Renderer(DjangoTemplates):
    @cached_property
    def engine(self) -> Any:
        folders = [Path(__file__).parent / "form_templates", Path(forms.__file__).parent / "templates"]
        return self.backend({"NAME": "forms", "APP_DIRS": True, "DIRS": folders, "OPTIONS": {}})

    def render(self, template_name: str, context: dict[str, Any], request: HttpRequest | None = None) -> str:
        if template_name in _INPUTS:
            return write_input(context["widget"])
        if template_name in _ERRORS and not context["errors"]:
            return ""
        if template_name == _DJANGO + "label.html":
            return _write_label(context)
        if template_name == _DJANGO + "div.html" and not context["fields"] and not context["errors"]:
            return "".join(str(field) for field in context["hidden_fields"])
        return super().render(template_name, context, request)


def write_attributes(attrs: Mapping[str, Any] | None) -> str:
    return "".join(
        f" {conditional_escape(name)}" if value is True else f' {conditional_escape(name)}="{_written(value)}"'
        for name, value in (attrs or {}).items()
        if value is not False
    )


def write_input(widget: Mapping[str, Any]) -> str:
    value = "" if widget["value"] is None else f' value="{_written(widget["value"])}"'
    kind, name = conditional_escape(widget["type"]), conditional_escape(widget["name"])
    return f'<input type="{kind}" name="{name}"{value}{write_attributes(widget["attrs"])}>'


def write_option(widget: Mapping[str, Any]) -> str:
    attributes, label = write_attributes(widget["attrs"]), conditional_escape(widget["label"])
    return f'<option value="{_written(widget["value"])}"{attributes}>{label}</option>'


def _write_label(context: Mapping[str, Any]) -> str:
    label = conditional_escape(context["label"])
    if not context["use_tag"]:
        return label.strip()
    tag = conditional_escape(context["tag"])
    return f"<{tag}{write_attributes(context['attrs'])}>{label}</{tag}>"


def _written(value: object) -> str:
    """Write a value as Django's filter `stringformat` does, escaped unless it is marked as safe."""
    return str(value) if isinstance(value, SafeData) else escape(str(value))
