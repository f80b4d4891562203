"""Tags and filters for the frame of pages."""

from collections.abc import Iterator
from functools import cache

from django import template
from django.core.paginator import Page
from django.template.loader import render_to_string

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
