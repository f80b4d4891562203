"""Deletion of rows without answers of orders that ended unpaid."""

from __future__ import annotations

from datetime import datetime

from common.tidying import tidies
from shop.orders.unit_rows import delete_blank_rows


@tidies("blank_units", "shop_orderunit")
def blank_units(before: datetime, limit: int) -> int:
    """Delete such rows in batches of its own, since each locks its orders."""
    return delete_blank_rows(now=before)
