"""Work on many orders from time to time, each in its own transaction; one that fails keeps no other waiting."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from django.db.models import F

from shop.orders.models import Order, OrderQuerySet

AT_MOST = 500

logger = logging.getLogger(__name__)


def in_turn(due: OrderQuerySet, since: str, work: Callable[[int], bool], *, failed: str, now: datetime) -> int:
    """Call `work` with the key of each order that is due, oldest by its column `since` first; return how often it
    answered True.

    An order that fails is logged by the sentence `failed` and tried again after all others, so that failing orders,
    however many, do not keep the others from their turn.
    """
    orders = due.order_by(F("expiry_failed_at").asc(nulls_first=True), since, "pk")
    done = 0
    for order_id in orders.values_list("pk", flat=True)[:AT_MOST]:
        try:
            done += work(order_id)
        except Exception:
            logger.exception(failed, order_id)
            Order.objects.filter(pk=order_id).update(expiry_failed_at=now)
    return done
