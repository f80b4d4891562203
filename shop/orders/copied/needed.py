"""Which orders still need what they copied of people."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef, Q

from shop.orders.giving_back.models import GivingBack
from shop.orders.models import Order
from shop.payments.models import PaymentEvent


def open_orders() -> Q:
    """Return the condition on orders that somebody still works at: unpaid or undelivered, with money to pay back, or
    with a payment that needs attention."""
    owed = Exists(GivingBack.objects.owed().filter(line__order=OuterRef("pk")))
    attention = Exists(PaymentEvent.objects.needing_attention().filter(order=OuterRef("pk")))
    return Q(status__in=(Order.Status.PLACED, Order.Status.PAID)) | Q(owed) | Q(attention)


def needing_billing(now: datetime) -> Q:
    """Return the condition on orders that need their billing data: open ones, and those paid in the last ten years.

    A paid order without an invoice counts as a document not issued yet: whoever sells keeps the papers of ten years
    (article L123-22 of the French commercial code), and may have to issue the invoice as long (L441-9).
    """
    return open_orders() | Q(paid_at__gt=now - timedelta(days=settings.RETENTION["billing"]))


def billing_needed(order: Order, *, now: datetime) -> bool:
    """Tell whether an order needs its billing data; reads the order anew. Ask under its lock before blanking it."""
    return Order.objects.filter(needing_billing(now), pk=order.pk).exists()
