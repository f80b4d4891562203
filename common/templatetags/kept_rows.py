"""Rows of forms, and parts of every page of the administration, rendered once for each process and content."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Any

from django import forms, template
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.forms.boundfield import BoundField
from django.template.base import FilterExpression, NodeList, Parser, Token
from django.template.context import Context
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from unfold import widgets as unfold

from common.admin.decimals import AdminDecimalInput

# More than all handlers have fields, in all languages.
KEPT_AT_MOST = 2_000
LONGEST_VALUE = 100
# Widgets that show their own variables and the value, and nothing else. Any other says all it shows, but for its type
# and the value, as `made_from()`, or is rendered each time; so it is where that is None.
PLAIN = frozenset(
    {
        AdminDecimalInput,
        unfold.UnfoldAdminIntegerFieldWidget,
        unfold.UnfoldAdminSelectWidget,
        unfold.UnfoldAdminTextareaWidget,
        unfold.UnfoldAdminTextInputWidget,
        unfold.UnfoldBooleanSwitchWidget,
        unfold.UnfoldBooleanWidget,
    }
)
FREE_TEXT = ("text", "email", "url")

register = template.Library()
_kept: dict[Hashable, SafeString] = {}


class KeptRow(template.Node):
    """Row of a form, kept under all that the row shows; a row with anything else in it is rendered each time.

    Nothing typed is ever kept: a form with data is rendered each time, and so is a text that is not the field's own.
    """

    child_nodelists = ("nodes",)

    def __init__(self, nodes: NodeList) -> None:
        self.nodes = nodes

    def render(self, context: Context) -> SafeString:
        key = _key(context)
        return self.nodes.render(context) if key is None else _kept_as(key, self.nodes, context)


class KeptPart(template.Node):
    """Part of a page that is made from these variables and the language alone, and kept under their content."""

    child_nodelists = ("nodes",)

    def __init__(self, nodes: NodeList, made_from: list[FilterExpression]) -> None:
        self.nodes, self.made_from = nodes, made_from

    def render(self, context: Context) -> SafeString:
        shown = repr([variable.resolve(context, ignore_failures=True) for variable in self.made_from])
        return _kept_as((get_language(), shown), self.nodes, context)


@register.tag("keptpart")
def kept_part(parser: Parser, token: Token) -> KeptPart:
    nodes = parser.parse(("endkeptpart",))
    parser.delete_first_token()
    return KeptPart(nodes, [parser.compile_filter(name) for name in token.split_contents()[1:]])


@register.tag("keptrow")
def kept_row(parser: Parser, token: Token) -> KeptRow:
    nodes = parser.parse(("endkeptrow",))
    parser.delete_first_token()
    return KeptRow(nodes)


def _kept_as(key: Hashable, nodes: NodeList, context: Context) -> SafeString:
    kept = _kept.get(key)
    if kept is None:
        if len(_kept) >= KEPT_AT_MOST:
            _kept.clear()
        kept = _kept[key] = nodes.render(context)
    return kept


def _key(context: Context) -> Hashable | None:
    line: Any = context.get("line")
    if line is None or line.form.is_bound:
        return None
    form, row = line.form, context.get("forloop") or {}
    made_from = getattr(form, "made_from", None) or _of_fields(context, line)
    if made_from is None:
        return None
    page = type(getattr(context.get("adminform"), "model_admin", None))
    rows = type(getattr(context.get("inline_admin_formset"), "opts", None))
    return (
        get_language(), page, rows, form.prefix, form.use_required_attribute, tuple(line.fields), row.get("last"),
        made_from,
    )  # fmt: skip


def _of_fields(context: Context, line: Any) -> Hashable | None:
    conditions = context.get("has_conditional_display") or {}
    parts = []
    for name in line.fields:
        if name not in line.form.fields or name in line.readonly_fields:
            return None
        part = _of_field(line.form[name])
        if part is None:
            return None
        parts.append((part, conditions.get(name)))
    return tuple(parts)


def _of_field(bound: BoundField) -> Hashable | None:
    field, value = bound.field, bound.value()
    is_free_text = isinstance(field.widget, forms.Textarea) or getattr(field.widget, "input_type", "") in FREE_TEXT
    if (is_free_text and value not in ("", None, field.initial)) or len(str(value)) > LONGEST_VALUE:
        return None
    widget = _of_widget(field.widget)
    return widget and (
        widget, bound.auto_id, str(bound.label), str(field.help_text), type(field), field.required, field.disabled,
        repr(value),
    )  # fmt: skip


def _of_widget(widget: Any) -> Hashable | None:
    if isinstance(widget, RelatedFieldWidgetWrapper):
        inner = _of_widget(widget.widget)
        may = (widget.can_add_related, widget.can_change_related, widget.can_delete_related, widget.can_view_related)
        return inner and (type(widget), widget.rel, may, inner)
    if hasattr(widget, "made_from"):
        made_from = widget.made_from()
        return made_from and (type(widget), made_from)
    if type(widget) not in PLAIN:
        return None
    if isinstance(widget, forms.Select):
        widget.choices = list(widget.choices)  # read once, for the key and for the row
    # A list of choices that was made from rows stands there as the rows, too.
    shown = {name: value for name, value in vars(widget).items() if name not in ("choices", "_choices")}
    return type(widget), repr(shown), repr(_of_choices(getattr(widget, "choices", ())))


def _of_choices(choices: Iterable[tuple[Any, Any]]) -> list[tuple[str, Any]]:
    """Return choices in plain values: those made from rows are objects, which differ each time."""
    return [
        (str(value), _of_choices(label) if isinstance(label, list | tuple) else str(label)) for value, label in choices
    ]
