"""Rows of a form in the administration that are rendered once for each process and language."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from django import template
from django.template.base import NodeList, Parser, Token
from django.template.context import Context
from django.utils.safestring import SafeString
from django.utils.translation import get_language

# More than all handlers have fields, in all languages.
KEPT_AT_MOST = 2_000

register = template.Library()
_kept: dict[Hashable, SafeString] = {}


class KeptRow(template.Node):
    """Row of a form, or of fields, whose `made_from` names all that the row shows; any other is rendered each time.

    Nothing typed is ever kept: a form with data is rendered each time.
    """

    child_nodelists = ("nodes",)

    def __init__(self, nodes: NodeList) -> None:
        self.nodes = nodes

    def render(self, context: Context) -> SafeString:
        key = _key(context)
        if key is None:
            return self.nodes.render(context)
        row = _kept.get(key)
        if row is None:
            if len(_kept) >= KEPT_AT_MOST:
                _kept.clear()
            row = _kept[key] = self.nodes.render(context)
        return row


@register.tag("keptrow")
def kept_row(parser: Parser, token: Token) -> KeptRow:
    nodes = parser.parse(("endkeptrow",))
    parser.delete_first_token()
    return KeptRow(nodes)


def _key(context: Context) -> Hashable | None:
    line: Any = context.get("line")
    if line is None or line.form.is_bound:
        return None
    form, row = line.form, context.get("forloop") or {}
    made_from = getattr(form, "made_from", None) or _of_fields([form.fields.get(name) for name in line.fields])
    return made_from and (get_language(), form.prefix, tuple(line.fields), made_from, row.get("last"))


def _of_fields(fields: list[Any]) -> Hashable | None:
    parts = tuple(getattr(field, "made_from", None) for field in fields)
    return None if None in parts else parts
