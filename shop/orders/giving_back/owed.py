"""Amounts owed for units given back: taken off as refunds take them, and owed again if one fails."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from django.db.models import Sum

from accounts.people.models import User
from catalog.pricing import ZERO
from shop.orders.giving_back.models import OWED, GivingBack
from shop.orders.models import Order

_COLUMNS = ("sent", "paid_back_on", "paid_back_reference", "paid_back_at", "paid_back_by")


def owed_for(order: Order) -> Decimal:
    """Return the amount still to be paid back for an order, with tax."""
    return GivingBack.objects.owed().filter(line__order=order).aggregate(owed=Sum(OWED))["owed"] or ZERO


def take_off(order: Order, amount: Decimal, *, on: date, reference: str, actor: User, now: datetime) -> None:
    """Take an amount that went back off what is owed for a locked order, the first given back first. One query, and one
    statement. Raises ValueError for more than is owed."""
    left, changed = amount, []
    for giving in GivingBack.objects.owed().filter(line__order=order).order_by("pk"):
        part = min(left, giving.owed)
        if not part:
            break
        giving.sent += part
        left -= part
        if not giving.owed:
            giving.paid_back_on, giving.paid_back_reference = on, reference
            giving.paid_back_at, giving.paid_back_by = now, actor
        changed.append(giving)
    if left:
        raise ValueError(f"order {order.pk} owes {left} less")
    GivingBack.objects.bulk_update(changed, _COLUMNS)


def put_back(order: Order, amount: Decimal) -> None:
    """Add an amount that did not go back to what is owed for a locked order. One query, and one statement."""
    left, changed = amount, []
    for giving in GivingBack.objects.filter(line__order=order, sent__gt=0).order_by("-pk"):
        part = min(left, giving.sent)
        if not part:
            break
        giving.sent -= part
        left -= part
        giving.paid_back_on, giving.paid_back_reference = None, ""
        giving.paid_back_at, giving.paid_back_by = None, None
        changed.append(giving)
    if left:
        raise ValueError(f"order {order.pk} sent {left} less")
    GivingBack.objects.bulk_update(changed, _COLUMNS)
