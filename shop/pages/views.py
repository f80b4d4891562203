"""Pages of the catalogue for customers."""

from __future__ import annotations

from copy import copy
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.rate_limits.pages import too_often
from accounts.rate_limits.services import TooOften
from catalog.guards import is_customer
from catalog.models.entries import Audience, Entry, EntryState
from catalog.offers import Buyability, buyability, offer_of
from catalog.selectors import ANYBODY, CategoryNode, Shopper, entries_for, find_category, get_entry
from common.numbers import whole_number
from common.remembered import remembered
from shop.cart.current import put_into_cart
from shop.cart.forms import AddToCartForm
from shop.cart.services import CartRefused
from shop.from_list.links import from_list_url
from shop.pages.frame import Site, site_of
from shop.pages.offers import Card, card_of, cards_of, lead_of, price_table
from shop.pages.sold import courses_shown, courses_to_wait_for, facts_of, listed_courses
from shop.seller.models import LegalText

ENTRIES_PER_PAGE = 20
QUERY_AT_MOST = 100
# All results of a search are read at once, which counts them too; more are never read.
FOUND_AT_MOST = 240


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show the whole catalogue, or the results of a search in it."""
    return _catalogue(request, node=None)


@require_safe
def category(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a shelf and everything below it."""
    node = find_category(site_of(request).categories, slug)
    if node is None:
        raise Http404
    return _catalogue(request, node=node)


def _catalogue(request: HttpRequest, *, node: CategoryNode | None) -> HttpResponse:
    frame = site_of(request)
    query = request.GET.get("q", "").replace("\0", "").strip()[:QUERY_AT_MOST]
    entries = entries_for(shopper=frame.shopper, category=node, query=query)
    if query:
        paginator = Paginator(list(entries[:FOUND_AT_MOST]), ENTRIES_PER_PAGE)
    else:
        paginator = Paginator(entries, ENTRIES_PER_PAGE)
        # The shelves have been counted for the menu already.
        paginator.count = sum(shelf.entry_count for shelf in ([node] if node else frame.shelves))
    page = paginator.get_page(request.GET.get("page"))

    def cards() -> list[Card]:
        ranks = {shelf.category.pk: rank for rank, shelf in enumerate(frame.categories)}
        return cards_of(page, shelf_ranks=ranks, now=timezone.now())

    shelf_key = node.category.pk if node else None
    name = ("cards", get_language(), frame.shopper.is_staff, shelf_key, page.number)
    return render(
        request,
        "pages/catalogue.html" if node or query else "pages/home.html",
        {
            "page": page,
            "cards": cards() if query else remembered(name, cards),
            "query": query,
            "query_string": urlencode({"q": query}) if query else "",
            **_place(frame.categories, node),
        },
    )


def _place(nodes: list[CategoryNode], node: CategoryNode | None) -> dict[str, Any]:
    """Return the place of a page in the tree, for its template."""
    if node is None:
        return {"here": None, "shelf": None, "inside": []}
    inside = [other for other in nodes if other.category.parent_id == node.category.pk]
    return {"here": node, "shelf": node.path[0], "inside": inside}


@require_http_methods(["GET", "HEAD", "POST"])
def entry(request: HttpRequest, code: str) -> HttpResponse:
    """Show an entry: its description, price and delivery; POST puts it into the cart."""
    frame = site_of(request)
    found = _entry_to_show(code, frame.shopper) if request.method != "POST" else _entry_to_sell(code, frame.shopper)
    if found.code != code and request.method != "POST":
        return redirect("entry", found.code, permanent=True)
    now = timezone.now()
    verdict = buyability(entry=found, shopper=_full_shopper(found, frame.shopper), now=now)
    form = AddToCartForm(request.POST or None, initial={"quantity": verdict.offer.min_quantity})
    if request.method == "POST" and form.is_valid():
        try:
            put_into_cart(request, found, form.cleaned_data["quantity"])
        except CartRefused as refusal:
            form.add_error("quantity", str(refusal))
        except TooOften as refused:
            return too_often(request, refused.seconds)
        else:
            messages.success(request, _("“%(name)s” is in your cart.") % {"name": found.name})
            return redirect("cart")
    page = _entry_page(frame, found, verdict, form, now=now)
    return render(request, "pages/entry.html", page | {"from_list_url": from_list_url(request, found)})


def entry_preview(request: HttpRequest, entry: Entry, *, now: datetime) -> HttpResponse:
    """Show the page of an entry, in whatever state, as it will be on sale; the entry stays as it is, and the page has
    no way to buy it."""
    found = copy(get_entry(code=entry.code, shopper=Shopper(is_staff=True)) or entry)
    found.state = EntryState.AVAILABLE
    verdict = buyability(entry=found, shopper=ANYBODY, now=now)
    form = AddToCartForm(initial={"quantity": verdict.offer.min_quantity})
    page = _entry_page(site_of(request), found, verdict, form, now=now)
    return render(request, "pages/entry.html", {**page, "is_preview": True})


def _entry_page(
    frame: Site, found: Entry, verdict: Buyability, form: AddToCartForm, *, now: datetime
) -> dict[str, Any]:
    node = find_category(frame.categories, found.category.slug)
    rank = frame.categories.index(node) if node else 0
    day = timezone.localdate(now)
    tax_rate = found.tax.rate_on(day)
    return {
        "entry": found,
        "lead": lead_of(found),
        "card": card_of(verdict.offer, verdict.available, shelf_rank=rank, day=day),
        "offer": verdict.offer,
        "verdict": verdict,
        "facts": facts_of(verdict.available.sold),
        "courses": courses_shown(verdict.available, now=now),
        "listed": listed_courses(verdict.available.sold, now=now),
        "full_courses": [] if verdict.can_buy else courses_to_wait_for(verdict.available, now=now),
        "tax": found.tax,
        "tax_rate": tax_rate,
        "prices": price_table(found, tax_rate=tax_rate),
        "form": form,
        **_place(frame.categories, node),
    }


def _entry_to_sell(code: str, shopper: Shopper) -> Entry:
    """Return the entry as it is now. Raises Http404."""
    found = get_entry(code=code, shopper=shopper)
    if found is None:
        raise Http404
    return found


def _entry_to_show(code: str, shopper: Shopper) -> Entry:
    """Return the entry as it was at most FRAME_SECONDS ago. Raises Http404."""
    return remembered(("entry", code, shopper.is_staff), lambda: _entry_to_sell(code, shopper))


def _full_shopper(entry: Entry, shopper: Shopper) -> Shopper:
    """Complete `is_customer`, which costs a query, only for an entry sold to customers alone."""
    if shopper.user is None or offer_of(entry).audience != Audience.CUSTOMERS:
        return shopper
    return replace(shopper, is_customer=is_customer(shopper.user))


@require_safe
def legal(request: HttpRequest, kind: str) -> HttpResponse:
    """Show a legal text in force; `?version=` shows an older version, as orders refer to it."""
    if kind not in LegalText.Kind.values:
        raise Http404
    now = timezone.now()
    wanted = request.GET.get("version", "")
    if wanted:
        version = whole_number(wanted, digits=6) or 0
        text = LegalText.objects.filter(kind=kind, version=version, published_at__lte=now).first()
        if text is None:
            raise Http404
    else:
        text = LegalText.in_force(kind, now)
    return render(request, "pages/legal.html", {"text": text, "kind_label": LegalText.Kind(kind).label})
