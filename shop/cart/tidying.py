"""Deletion of carts left behind. An ordered cart stays: by it a form sent twice finds its order."""

from __future__ import annotations

from datetime import datetime

from common.tidying import delete_batch, tidies
from shop.cart.models import Cart

TABLES = ("shop_cart", "shop_cartline", "shop_cartunit")
# Each has up to some hundred units.
CARTS_A_BATCH = 50


@tidies("visitor_carts", *TABLES, batch=CARTS_A_BATCH)
def visitor_carts(before: datetime, limit: int) -> int:
    return _left_behind(before, limit, user__isnull=True)


@tidies("carts", *TABLES, batch=CARTS_A_BATCH)
def carts(before: datetime, limit: int) -> int:
    return _left_behind(before, limit, user__isnull=False)


def _left_behind(before: datetime, limit: int, **whose: bool) -> int:
    left = Cart.objects.filter(ordered_at__isnull=True, entered_by__isnull=True, changed_at__lt=before, **whose)
    return delete_batch(left.order_by("changed_at"), limit)
