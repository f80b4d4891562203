"""Page of the cart."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from shop.cart.changes import Taken, take_changes
from shop.cart.current import GONE, current_cart, session_token, signed_in, why_cart_is_gone
from shop.cart.models import Cart, CartLine
from shop.cart.nudge import Nudge, nudges
from shop.cart.pricing import PricedLine, PricedLines, entries_lately, price_cart, price_lines
from shop.cart.services import remove_line
from shop.checkout.views.steps import go_on
from shop.pages.frame import site_of


@dataclass(frozen=True)
class Row:
    """Line as the page shows it: with the quantity typed, even if it was refused. `is_new_cell`: the control of the
    quantity differs from the one in the page that asked, so it is put into it; else it is left to whoever types."""

    priced: PricedLine
    typed: str
    error: str
    nudge: Nudge | None
    is_new_cell: bool

    @property
    def field_id(self) -> str:
        return f"quantity-{self.priced.line.pk}"


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def cart(request: HttpRequest) -> HttpResponse:
    """Show the cart. POST takes new quantities for any of its lines, and `remove`, `continue`, or `without`: go on
    without the lines that nobody can buy at the moment.

    The page's script posts a quantity as soon as it is typed, and takes only figures out of the answer: no control that
    somebody may be using is replaced.
    """
    taken = Taken()
    if request.method == "POST":
        found = current_cart(request)
        if found is None:
            if any(name.startswith("quantity-") for name in request.POST):
                messages.warning(request, why_cart_is_gone(request) or GONE)
            return redirect("cart")
        by_script = is_by_script(request)
        taken = take_changes(
            request.POST, cart=found, user=signed_in(request), now=timezone.now(), removes=not by_script
        )
        if not taken.refused and not by_script:
            for told in taken.told:
                messages.warning(request, told)
            if "without" in request.POST and not taken.told:
                _remove_what_is_gone(request, found)
            goes_on = {"continue", "without"} & set(request.POST) and not taken.told
            return go_on(request) if goes_on else redirect("cart")
    return _page(request, taken)


def is_by_script(request: HttpRequest) -> bool:
    return request.headers.get("HX-Request") == "true"


def _page(request: HttpRequest, taken: Taken) -> HttpResponse:
    priced = _price(request)
    site_of(request).cart_count = len(priced.lines)
    cheaper = nudges(priced.lines, currency=priced.currency)
    rows = [_row(request, line, taken, cheaper.get(line.line.pk)) for line in priced.lines]
    response = render(
        request,
        "cart/cart.html",
        {
            "rows": rows,
            "cart": priced,
            "errors": [row for row in rows if row.error],
            "told": taken.told,
            "gone": "" if rows else why_cart_is_gone(request),
            "figures_only": is_by_script(request) and not taken.lines_differ,
        },
    )
    if is_by_script(request) and taken.lines_differ:
        response["HX-Retarget"], response["HX-Reswap"], response["HX-Reselect"] = "#cart", "outerHTML", "#cart"
    return response


def _price(request: HttpRequest) -> PricedLines:
    user = signed_in(request)
    lines = CartLine.objects.in_open_cart(token=session_token(request), user=user)
    return price_lines(lines, entries=entries_lately, user=user, now=timezone.now())


def _remove_what_is_gone(request: HttpRequest, found: Cart) -> None:
    """Remove the lines that nobody can buy at the moment."""
    for line in price_cart(found, user=signed_in(request), now=timezone.now()).lines:
        if line.is_gone:
            remove_line(cart=found, line_id=line.line.pk)


def _row(request: HttpRequest, line: PricedLine, taken: Taken, nudge: Nudge | None) -> Row:
    key = line.line.pk
    typed, error = taken.refused.get(key, (str(line.line.quantity), ""))
    is_new = key in taken.moved or bool(error) or f"invalid-{key}" in request.POST
    return Row(line, typed, error, nudge, is_new)
