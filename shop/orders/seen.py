"""Order of an address, as the person who asks may see it."""

from __future__ import annotations

from django.http import Http404, HttpRequest

from accounts.sign_in.second_factor.proved import is_trusted_staff
from shop.cart.current import signed_in
from shop.orders.models import Order
from shop.orders.placed_here import was_placed_here
from shop.orders.selectors import Sight, order_by_token, sight_of


def sight_in(request: HttpRequest, found: Order) -> Sight | None:
    """Return the rights of the person on an order, None for a stranger."""
    return sight_of(
        found,
        viewer=signed_in(request),
        placed_here=was_placed_here(request, found),
        is_staff=is_trusted_staff(request),
    )


def seen_order(request: HttpRequest, token: str) -> tuple[Order, Sight]:
    """Return the order and the rights of the person on it. Raises Http404 if the order is hidden from the person."""
    found = order_by_token(token)
    sight = sight_in(request, found) if found is not None else None
    if found is None or sight is None:
        raise Http404
    return found, sight
