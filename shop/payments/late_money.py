"""Money that arrives after the order has ended unpaid, or has lost its places."""

from __future__ import annotations

from datetime import datetime

from shop.orders.models import Order
from shop.orders.places import hold_again, lines_with_places


def places_retaken(order: Order, *, now: datetime) -> bool:
    """Hold the places of an order again, for all lines or for none; tell whether it worked.

    The order has expired or was cancelled, or waits without the places that it held, for want of a proved address; no
    for any other. The caller has locked the order; the courses of its lines are locked here, by key.
    """
    if order.has_lost_places:
        return hold_again(order, lines_with_places(order), now=now)
    if order.status not in (Order.Status.EXPIRED, Order.Status.CANCELLED):
        return False
    return hold_again(order, list(order.lines.order_by("position")), now=now)
