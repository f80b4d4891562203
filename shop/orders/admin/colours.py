"""Colours of the statuses of orders and lines, and the label of an order's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from common.admin.display import Label
from shop.orders.lines.models import OrderLine
from shop.orders.models import Order
from shop.orders.standing import Sums, standing_of

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations

ORDER_COLOURS = {
    Order.Status.PLACED: "warning",
    Order.Status.PAID: "info",
    Order.Status.COMPLETED: "success",
    Order.Status.CANCELLED: "default",
    Order.Status.EXPIRED: "default",
    Order.Status.REFUNDED: "primary",
}
LINE_COLOURS = {
    OrderLine.Status.PENDING: "info",
    OrderLine.Status.FULFILLED: "success",
    OrderLine.Status.FAILED: "danger",
    OrderLine.Status.GIVEN_BACK: "default",
}


def state_label(order: WithAnnotations[Order, Sums]) -> Label:
    """Return the label of an order's status, which says paid only where nothing is owed."""
    return Label(standing_of(order).label, ORDER_COLOURS.get(Order.Status(order.status), "default"))
