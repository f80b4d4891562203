"""Tags and filters for the frame of pages."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, lru_cache

from django import template
from django.core.paginator import Page
from django.template.loader import render_to_string
from django.utils.safestring import mark_safe
from django.utils.translation import get_language

from catalog.models.categories import Category
from catalog.selectors import CategoryNode
from common.remembered import made_once
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


@register.simple_tag
@cache
def icon() -> str:
    """Return the link of the page's icon, like `stylesheets`."""
    return render_to_string("icon.html")


@register.simple_tag
@cache
def scripts() -> str:
    """Return the script of every page, like `stylesheets`."""
    return render_to_string("scripts.html")


# Parts of the frame, rendered once for each set of what they show, by whoever reads them.


@register.simple_tag(takes_context=True)
def masthead_brand(context: template.Context) -> str:
    """Return the shop's name or logo and the search for entries; without the search if `without_shop`."""
    frame, query, language = context["site"], context.get("query") or "", get_language()
    without_shop = bool(context.get("without_shop"))
    if query:
        return _brand.__wrapped__(language, frame.name, frame.logo_url, without_shop, query)
    name = ("brand", language, without_shop)
    return made_once(name, frame.seller, lambda: _brand(language, frame.name, frame.logo_url, without_shop))


@lru_cache(maxsize=64)
def _brand(_language: str, name: str, logo_url: str, without_shop: bool, query: str = "") -> str:
    shown = {"name": name, "logo_url": logo_url, "without_shop": without_shop, "query": query}
    return render_to_string("masthead_brand.html", shown)


@register.simple_tag
def masthead_sign_in() -> str:
    """Return the content of the link to sign in."""
    return _sign_in(get_language())


@lru_cache(maxsize=8)
def _sign_in(_language: str) -> str:
    return render_to_string("masthead_sign_in.html")


@register.simple_tag(takes_context=True)
def masthead_cart(context: template.Context) -> str:
    """Return the link to the cart, with the number of its lines."""
    return _cart(get_language(), context["site"].cart_count)


@lru_cache(maxsize=256)
def _cart(_language: str, count: int) -> str:
    return render_to_string("masthead_cart.html", {"count": count})


@register.simple_tag(takes_context=True)
def masthead_shelves(context: template.Context) -> str:
    """Return the menu of the shelves, in which the one of this page is marked; "" without shelves."""
    frame, shelf, here, language = context["site"], context.get("shelf"), context.get("here"), get_language()

    def menu() -> str:
        shelves = tuple(
            (node.category.slug, node.category.name, _current(node.category, shelf, here)) for node in frame.shelves
        )
        return _shelves(language, shelves) if shelves else ""

    name = ("shelves", language, shelf.pk if shelf else None, here.category.pk if here else None)
    return made_once(name, frame.categories, menu)


def _current(category: Category, shelf: Category | None, here: CategoryNode | None) -> str:
    if shelf is None or category.pk != shelf.pk:
        return ""
    return "page" if here is not None and category.pk == here.category.pk else "true"


@lru_cache(maxsize=256)
def _shelves(_language: str, shelves: tuple[tuple[str, str, str], ...]) -> str:
    return render_to_string("masthead_shelves.html", {"shelves": shelves})


@register.simple_tag(takes_context=True)
def footer(context: template.Context) -> str:
    """Return the seller's address and the links to the legal texts."""
    frame, language = context["site"], get_language()

    def made() -> str:
        return _footer(language, frame.name, tuple(frame.address_lines), frame.support_email)

    return made_once(("footer", language), frame.seller, made)


@lru_cache(maxsize=64)
def _footer(_language: str, name: str, address_lines: tuple[str, ...], support_email: str) -> str:
    shown = {"name": name, "address_lines": address_lines, "support_email": support_email}
    return render_to_string("footer.html", shown)


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
