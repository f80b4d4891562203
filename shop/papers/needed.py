"""Orders whose documents are still needed, however old: open ones, those that owe money, and disputed ones."""

from __future__ import annotations

from django.db.models import Exists, F, OuterRef, QuerySet

from enrolments.seats.batches.models import FrozenFor
from shop.orders.copied.needed import open_orders
from shop.orders.lines.models import OrderLine
from shop.orders.models import Order
from shop.payments.requests.models import PaymentRequest

State = PaymentRequest.State


def orders_at_work() -> QuerySet[Order, int]:
    """Return the keys of orders that are open, of which a part is still to be paid, or whose payment is disputed."""
    asked = PaymentRequest.objects.filter(order=OuterRef("pk"), state__in=(State.OPEN, State.COVERED))
    owing = Exists(asked.filter(amount__gt=F("lowered")))
    disputed = Exists(OrderLine.objects.filter(order=OuterRef("pk"), frozen_for__contains=[FrozenFor.DISPUTE]))
    return Order.objects.order_by().filter(open_orders() | owing | disputed).values_list("pk", flat=True)
