"""Page of the cart."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from catalog.models.entries import Entry
from catalog.selectors import entries_to_price
from common.remembered import remembered_each
from shop.cart.current import current_cart, session_token, signed_in
from shop.cart.forms import QuantityField
from shop.cart.models import Cart, CartLine
from shop.cart.pricing import PricedLine, PricedLines, price_cart, price_lines
from shop.cart.services import CartRefused, remove_line, set_quantity
from shop.pages.frame import site_of


@dataclass(frozen=True)
class Row:
    """Line as the page shows it: with the quantity typed, even if it was refused."""

    priced: PricedLine
    typed: str
    error: str

    @property
    def field_id(self) -> str:
        return f"quantity-{self.priced.line.pk}"


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def cart(request: HttpRequest) -> HttpResponse:
    """Show the cart. POST takes new quantities for any of its lines, and `remove`, `continue`, or `without`: go on
    without the lines that nobody can buy at the moment."""
    refused: dict[int, tuple[str, str]] = {}
    if request.method == "POST":
        found = current_cart(request)
        if found is None:
            return redirect("cart")
        refused = _take_changes(request, found)
        if "without" in request.POST and not refused:
            _remove_what_is_gone(request, found)
        if not refused:
            return redirect("checkout" if {"continue", "without"} & set(request.POST) else "cart")
    priced = _price(request)
    site_of(request).cart_count = len(priced.lines)
    rows = [_row(line, refused) for line in priced.lines]
    return render(
        request,
        "cart/cart.html",
        {
            "rows": rows,
            "cart": priced,
            "errors": [row for row in rows if row.error],
        },
    )


def _price(request: HttpRequest) -> PricedLines:
    user = signed_in(request)
    lines = CartLine.objects.in_open_cart(token=session_token(request), user=user)
    return price_lines(lines, entries=_entries_lately, user=user, now=timezone.now())


def _remove_what_is_gone(request: HttpRequest, found: Cart) -> None:
    """Remove the lines that nobody can buy at the moment."""
    for line in price_cart(found, user=signed_in(request), now=timezone.now()).lines:
        if line.is_gone:
            remove_line(cart=found, line_id=line.line.pk)


def _entries_lately(keys: Collection[int]) -> Mapping[int, Entry]:
    """Return entries by key as they stood at most FRAME_SECONDS ago; the review, where the customer decides, reads
    current ones."""
    return remembered_each("entries to price", keys, entries_to_price)


def _row(line: PricedLine, refused: dict[int, tuple[str, str]]) -> Row:
    typed, error = refused.get(line.line.pk, (str(line.line.quantity), ""))
    return Row(line, typed, error)


def _take_changes(request: HttpRequest, found: Cart) -> dict[int, tuple[str, str]]:
    """Make the changes that can be made; return the input and the reason for each that cannot, by line id."""
    refused: dict[int, tuple[str, str]] = {}
    gone = request.POST.get("remove", "")
    for line in found.lines.all():
        if gone == str(line.pk):
            remove_line(cart=found, line_id=line.pk)
            continue
        typed = request.POST.get(f"quantity-{line.pk}")
        if typed is None or typed.strip() == str(line.quantity):
            continue
        try:
            quantity = QuantityField().clean(typed)
            set_quantity(cart=found, line_id=line.pk, quantity=quantity, user=signed_in(request), now=timezone.now())
        except ValidationError as error:
            refused[line.pk] = (typed[:20], error.messages[0])
        except CartRefused as refusal:
            refused[line.pk] = (typed[:20], str(refusal))
    return refused
