"""Row locks of the shop, in one place. The order of locks over all floors is in docs/adr."""

from __future__ import annotations

from common.plain_rows import plain_row
from shop.orders.models import Order


def lock_order(order_id: int) -> Order:
    """Return the order's row, locked until the end of the transaction."""
    order = plain_row(Order, "WHERE id = %s FOR NO KEY UPDATE", [order_id])
    if order is None:
        raise Order.DoesNotExist
    return order


def lock_order_of_line(line_id: int) -> None:
    """Lock the order of a line until the end of the transaction."""
    Order.objects.select_for_update(no_key=True, of=("self",)).values_list("pk").get(lines=line_id)
