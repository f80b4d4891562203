"""Prices of an order's lines as its pages and mails show them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from catalog.sold_taxes import tax_sums
from shop.orders.lines.models import OrderLine


def prices_shown(lines: Sequence[OrderLine]) -> dict[str, Any]:
    """Return what templates read: `taxes`, the sums of the lines that are taxed alike, and `include_tax`, which tells
    whether their prices were typed with tax and are shown so."""
    return {"taxes": tax_sums(lines), "include_tax": any(line.unit_gross is not None for line in lines)}
