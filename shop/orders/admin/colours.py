"""Colours of the statuses of orders and lines."""

from __future__ import annotations

from shop.orders.models import Order, OrderLine

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
