"""Tags and filters for the frame of pages."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from django import template
from django.core.paginator import Page
from django.template.loader import render_to_string
from django.utils.safestring import mark_safe

from common.typed_again import mark_form
from shop.pages.frame import Site, site_of

register = template.Library()


@register.simple_tag(takes_context=True)
def site(context: template.Context) -> Site:
    """Return the frame's content: {% site as site %} once, at the top of base.html."""
    request = context.get("request")
    return site_of(request) if request is not None else Site(None)


@register.simple_tag
@cache
def stylesheets() -> str:
    """Return the links of `stylesheets.html`, rendered once per process: rendered for every page, they cost 5 % of its
    time."""
    return render_to_string("stylesheets.html")


@register.filter
def page_numbers(page: Page) -> Iterator[int | str]:
    """Return the page numbers below a long list: the ends, and some around the current one."""
    return page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1)


@register.tag("page_first")
def page_first(parser: template.base.Parser, _token: template.base.Token) -> PageFirst:
    """Render a part of the page before the frame above it, which has to know the page's form:
    {% page_first %}…{% end_page_first %}, then {{ first_part }} where it belongs, and `typed_form` for the frame."""
    nodelist = parser.parse(("end_page_first",))
    parser.delete_first_token()
    return PageFirst(nodelist)


class PageFirst(template.Node):
    """Node that keeps its content in the variable `first_part`, and the form to type into in `typed_form`."""

    def __init__(self, nodelist: template.NodeList) -> None:
        self.nodelist = nodelist

    def render(self, context: template.Context) -> str:
        marked = mark_form(self.nodelist.render(context))
        context["first_part"], context["typed_form"] = mark_safe(marked.page), marked  # noqa: S308  rendered by the page's own templates
        request = context.get("request")
        if request is not None:
            request.typed_form = marked.form_id
        return ""
