"""Buttons rendered from what their tag names alone.

Reason: for each button unfold 0.91 copies the whole context of the page and asks all context processors, of which a
button shows nothing; the form of an entry has eight. Ends with: an unfold that renders components as includes.
"""

from __future__ import annotations

from django.template.context import Context
from django.template.loader import render_to_string
from unfold.templatetags.unfold import RenderComponentNode

BUTTON = "unfold/components/button.html"
_with_all_of_the_page = RenderComponentNode.render


def _render(component: RenderComponentNode, context: Context) -> str:
    if component.template_name != BUTTON or component.include_context or "component_class" in component.extra_context:
        return _with_all_of_the_page(component, context)
    values = {name: value.resolve(context) for name, value in component.extra_context.items()}
    with context.push(**values):
        children = component.nodelist.render(context)
    return render_to_string(BUTTON, values | ({"children": children} if children else {}))


def render_buttons_alone() -> None:
    for name, written in {"render": _render}.items():
        setattr(RenderComponentNode, name, written)
