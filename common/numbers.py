"""Whole numbers in what people and programs send: keys and versions of rows, quantities, pages."""

from __future__ import annotations

import re
from decimal import Decimal

# Any number of so many digits is a key that the database can be asked for.
DIGITS_OF_KEYS = 18


def whole_number(text: str, *, digits: int = DIGITS_OF_KEYS) -> int | None:
    """Return the number written in ASCII digits, at most so many; None for any other text."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= digits else None


def amount_of_money(text: str) -> Decimal | None:
    """Return the amount in a text as people write it, 1234.5, €1,234.50 or 1.234,50€; None for any other text."""
    found = re.fullmatch(r"[€$£]?(\d{1,10}|\d{1,3}(?:[,.']\d{3}){1,2})(?:[.,](\d{1,2}))?[€$£]?", text, re.ASCII)
    if found is None:
        return None
    return Decimal(re.sub(r"\D", "", found[1])) + Decimal(found[2] or "0") / 10 ** len(found[2] or "")
