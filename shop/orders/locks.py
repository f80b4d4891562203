"""Row locks of the shop, in one place. The order of locks over all floors is in docs/adr."""

from __future__ import annotations

from typing import Any

from shop.orders.models import Order


def lock_order(order_id: int) -> Order:
    """Return the order's row, locked until the end of the transaction."""
    return Order.objects.select_for_update(no_key=True).get(pk=order_id)


def lock_order_by(**which: Any) -> Order | None:
    """Return the order's row found by other columns, locked until the end of the transaction; None if there is none."""
    return next(iter(Order.objects.select_for_update(no_key=True).filter(**which)), None)


def lock_order_of_line(line_id: int) -> None:
    """Lock the order of a line until the end of the transaction."""
    Order.objects.select_for_update(no_key=True, of=("self",)).values_list("pk").get(lines=line_id)
