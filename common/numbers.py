"""Whole numbers in what people and programs send: keys and versions of rows, quantities, pages."""

from __future__ import annotations

import re

# Any number of so many digits is a key that the database can be asked for.
DIGITS_OF_KEYS = 18


def whole_number(text: str, *, digits: int = DIGITS_OF_KEYS) -> int | None:
    """Return the number written in ASCII digits, at most so many; None for any other text."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= digits else None


def in_number_order(text: str) -> tuple[list[tuple[str, int]], str]:
    """Return a key to sort texts by, in which the numbers in them stand by their size: x:9 before x:10."""
    return [(words, int(digits or 0)) for words, digits in re.findall(r"([^0-9]*)([0-9]*)", text)], text
