"""Contents of a review as its form sends them back."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from common.numbers import whole_number
from shop.checkout.errors import TotalChanged
from shop.checkout.place import Shown


def shown_in(data: Mapping[str, str]) -> Shown:
    """Return what the page showed of an order. Raises TotalChanged if it is unreadable."""
    version = whole_number(data.get("version", ""))
    try:
        gross = Decimal(data.get("gross", "")[:20])
    except InvalidOperation:
        gross = Decimal("NaN")
    if version is None or not gross.is_finite():
        raise TotalChanged
    return Shown(version=version, gross=gross, contents=data.get("contents", ""))
