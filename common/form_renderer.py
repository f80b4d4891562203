"""The renderer of forms: FORM_RENDERER."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.forms.renderers import DjangoTemplates
from django.http import HttpRequest
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

# Django's templates of these consist of one `<input>`.
_INPUTS = frozenset(
    f"django/forms/widgets/{kind}.html"
    for kind in ("input", "text", "email", "number", "hidden", "password", "url", "tel", "search", "date", "checkbox")
)


class FormRenderer(DjangoTemplates):
    """Django's renderer, but for the inputs that stand in every form: made from its two templates they take several
    times as long. They come out the same."""

    def render(self, template_name: str, context: dict[str, Any], request: HttpRequest | None = None) -> str:
        if template_name in _INPUTS:
            return _input(context["widget"])
        rendered: str = super().render(template_name, context, request)
        return rendered


def _input(widget: Mapping[str, Any]) -> SafeString:
    value = "" if widget["value"] is None else f' value="{_text(widget["value"])}"'
    start = f'<input type="{_text(widget["type"])}" name="{_text(widget["name"])}"{value}'
    attributes = "".join(
        f" {_text(name)}" if setting is True else f' {_text(name)}="{_text(setting)}"'
        for name, setting in widget["attrs"].items()
        if setting is not False
    )
    return mark_safe(f"{start}{attributes}>")  # noqa: S308  every part is escaped


def _text(value: object) -> str:
    return conditional_escape(value if isinstance(value, SafeString) else str(value))
