"""Blanking of what orders copied of people, once nothing needs it any more. Quantities, sums and days stay."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q, QuerySet

from common.tidying import tidies
from shop.orders.copied.columns import YOUNG
from shop.orders.copied.needed import open_orders
from shop.orders.copied.services import DONE, blank_units, blank_unneeded
from shop.orders.lines.models import OrderUnit
from shop.orders.models import Order

TABLES = (
    "shop_order", "shop_keptbilling", "shop_orderevent", "shop_orderline", "shop_linefeedback", "shop_givingback",
    "shop_note",
)  # fmt: skip
# An order has up to some hundred events and units with answers.
ORDERS_A_BATCH = 50


@tidies("billing", *TABLES, batch=ORDERS_A_BATCH)
def billing(before: datetime, limit: int) -> int:
    """Blank orders paid before a moment, but for those that somebody still works at."""
    now = before + timedelta(days=settings.RETENTION["billing"])
    return _blank(Order.objects.filter(paid_at__lte=before).order_by("paid_at", "pk"), limit, now=now)


@tidies("unpaid_orders", *TABLES, batch=ORDERS_A_BATCH)
def unpaid_orders(before: datetime, limit: int) -> int:
    """Blank orders that ended unpaid, and whose money was awaited until that moment."""
    ended = Order.objects.filter(status__in=(Order.Status.CANCELLED, Order.Status.EXPIRED), paid_at__isnull=True)
    now = before + timedelta(days=settings.RETENTION["unpaid_orders"])
    return _blank(ended.filter(expires_at__lte=before).order_by("expires_at", "pk"), limit, now=now)


@tidies("erased_units", "shop_orderunit", "shop_order")
def erased_units(before: datetime, limit: int) -> int:
    """Blank the answers that name an erased person, and have done what they were asked for since; and columns that the
    release before left filled of orders that it closed."""
    closed = Q(sealed_at__isnull=False) | Q(blanked_at__isnull=False)
    left = Order.objects.filter(closed).exclude(**dict.fromkeys(YOUNG, "")).order_by("pk").values("pk")[:limit]
    if count := Order.objects.filter(pk__in=left).update(**dict.fromkeys(YOUNG, "")):
        return count
    done = OrderUnit.objects.filter(DONE, blank_when_done=True).order_by("pk")
    return blank_units(list(done.values_list("pk", flat=True)[:limit]))


def _blank(orders: QuerySet[Order], limit: int, *, now: datetime) -> int:
    due = orders.filter(blanked_at__isnull=True).exclude(open_orders())
    return blank_unneeded(order_ids=list(due.values_list("pk", flat=True)[:limit]), now=now)
