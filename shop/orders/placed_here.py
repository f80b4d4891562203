"""Orders placed in this browser, so that a visitor can still follow them."""

from __future__ import annotations

from django.http import HttpRequest

from shop.orders.models import Order

SESSION_KEY = "orders"
AT_MOST = 20


def remember_placed(request: HttpRequest, order: Order) -> None:
    kept = [number for number in request.session.get(SESSION_KEY, []) if number != order.pk]
    request.session[SESSION_KEY] = [*kept, order.pk][-AT_MOST:]


def was_placed_here(request: HttpRequest, order: Order) -> bool:
    return order.pk in request.session.get(SESSION_KEY, [])
