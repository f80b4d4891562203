"""Lines of a cart, with their entries."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from catalog.models.entries import Entry
from common.plain_rows import plain_rows
from shop.cart.models import Cart, CartLine, CartUnit

EntriesByKey = Callable[[Collection[int]], Mapping[int, Entry]]


def lines_of(cart: Cart) -> list[CartLine]:
    """Return the lines of a cart, in order. One statement."""
    lines = plain_rows(CartLine, "WHERE cart_id = %s ORDER BY id", [cart.pk])
    for line in lines:
        line.cart = cart
    return lines


def units_of(line_ids: Collection[int], *, indexes: Collection[int] | None = None) -> list[CartUnit]:
    """Return the units of some lines for which something was typed, in order; only those with some `indexes` if they
    are given. One statement."""
    if indexes is None:
        return plain_rows(CartUnit, "WHERE line_id = ANY(%s) ORDER BY index", [list(line_ids)])
    rest = "WHERE line_id = ANY(%s) AND index = ANY(%s) ORDER BY index"
    return plain_rows(CartUnit, rest, [list(line_ids), list(indexes)])


def with_entries(lines: list[CartLine], entries: EntriesByKey) -> list[CartLine]:
    """Give the lines their entries, as `entries` looks them up by key; nobody may change these. Leaves out a line whose
    entry is being deleted at this moment, for it goes with it."""
    known = entries([line.entry_id for line in lines]) if lines else {}
    there = [line for line in lines if line.entry_id in known]
    for line in there:
        line.entry = known[line.entry_id]
    return there
