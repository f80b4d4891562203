"""Tags that write the commonest parts of forms, for the templates in `common/form_templates`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import template
from django.template.base import Parser, Token
from django.template.context import Context

from common.form_renderer import write_attributes, write_input, write_option

register = template.Library()


class Part(template.Node):
    """Part of the form's widget, or of the context itself."""

    def __init__(self, write: Callable[[Any], str]) -> None:
        self.write = write

    def render(self, context: Context) -> str:
        return self.write(context)


@register.tag
def widget_attributes(_parser: Parser, _token: Token) -> Part:
    return Part(lambda context: write_attributes(context["widget"]["attrs"]))


@register.tag
def label_attributes(_parser: Parser, _token: Token) -> Part:
    return Part(lambda context: write_attributes(context["attrs"]))


@register.tag
def input_element(_parser: Parser, _token: Token) -> Part:
    return Part(lambda context: write_input(context["widget"]))


@register.tag
def option_element(_parser: Parser, _token: Token) -> Part:
    return Part(lambda context: write_option(context["widget"]))
