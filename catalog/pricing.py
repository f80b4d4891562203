"""Prices as pure functions: no clock, no language, nothing but numbers in and numbers out.

A line is sold as a whole at the price of its tier; the tier is found by the units that are
*charged* (a free tutor's seat moves no tier). Tax is rounded per line, half up.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Protocol

CENT = Decimal("0.01")
ZERO = Decimal("0.00")


class NoPrice(Exception):
    """The entry has no price from quantity 1 on, so the entry cannot be charged for."""


@dataclass(frozen=True, slots=True)
class Tier:
    """The net price of one unit from ``from_quantity`` charged units on."""

    from_quantity: int
    unit_net: Decimal


@dataclass(frozen=True, slots=True)
class LinePrice:
    """Price of one line. ``gross`` is always ``net + tax``."""

    unit_net: Decimal
    charged: int
    tax_rate: Decimal
    net: Decimal
    tax: Decimal
    gross: Decimal


@dataclass(frozen=True, slots=True)
class Total:
    """Sum of lines, each rounded before."""

    net: Decimal
    tax: Decimal
    gross: Decimal


class _HasTiers(Protocol):
    tiers: Any


def tiers_of(entry: _HasTiers) -> list[Tier]:
    """Return the tiers of a catalogue entry as plain values, in order; no query where they are prefetched."""
    rows = [Tier(row.from_quantity, row.unit_net) for row in entry.tiers.all()]
    return sorted(rows, key=lambda tier: tier.from_quantity)


def round_money(amount: Decimal) -> Decimal:
    """Round ``amount`` to the cent, half a cent up."""
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


def tier_for(tiers: Iterable[Tier], charged: int) -> Tier:
    """Return the highest tier that ``charged`` units reach; with none charged, the first one.

    Raises ``NoPrice`` when no tier begins at 1.
    """
    reached = [tier for tier in tiers if tier.from_quantity <= max(charged, 1)]
    if not reached:
        raise NoPrice
    return max(reached, key=lambda tier: tier.from_quantity)


def price_line(*, tiers: Sequence[Tier], quantity: int, charged: int, tax_rate: Decimal) -> LinePrice:
    """Return the price of ``quantity`` units of which ``charged`` are charged.

    ``tax_rate`` is in per cent. Raises ``NoPrice``, and ``ValueError`` for a quantity below 1, or more units charged
    than bought.
    """
    if quantity < 1:
        raise ValueError("a quantity is at least 1")
    if not 0 <= charged <= quantity:
        raise ValueError("between none and all of the units can be charged")
    unit_net = round_money(tier_for(tiers, charged).unit_net)
    net = round_money(unit_net * charged)
    tax = round_money(net * tax_rate / 100)
    return LinePrice(unit_net, charged, tax_rate, net, tax, net + tax)


def total(lines: Iterable[LinePrice]) -> Total:
    """Return the total of an order: the sum of its rounded lines."""
    net = tax = ZERO
    for line in lines:
        net += line.net
        tax += line.tax
    return Total(net, tax, net + tax)
