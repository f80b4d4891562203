"""Prices as pure functions: no clock, no language, nothing but numbers in and numbers out.

A line is sold as a whole at the price of its tier; the tier is found by the units that are
*charged* (a free tutor's seat moves no tier). Tax is rounded half up: for a line alone, and in an order for each tax
code on the sum of its nets.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Protocol

from billing.taxes.spreading import Taxable, spread_tax

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

    def taxed(self, tax: Decimal) -> LinePrice:
        """Return the price with another tax: its share of the tax of an order."""
        return replace(self, tax=tax, gross=self.net + tax)


@dataclass(frozen=True, slots=True)
class Total:
    """Sum of lines."""

    net: Decimal
    tax: Decimal
    gross: Decimal


class Coded(Protocol):
    """Line with its price, None if it has none, and the key of its tax code."""

    @property
    def price(self) -> LinePrice | None: ...

    @property
    def tax_code(self) -> str: ...


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


def priced_together(lines: Sequence[Coded]) -> list[LinePrice | None]:
    """Return the prices of the lines of one order, in order: tax is computed for each tax code on the sum of its nets,
    and spread over its lines."""
    prices = [line.price for line in lines]
    known = [(line.tax_code, price) for line, price in zip(lines, prices, strict=True) if price is not None]
    taxes = iter(spread_tax([Taxable(code, price.tax_rate, price.net) for code, price in known]))
    return [None if price is None else price.taxed(next(taxes)) for price in prices]


def total(lines: Iterable[LinePrice]) -> Total:
    """Return the total of an order: the sum of its lines."""
    net = tax = ZERO
    for line in lines:
        net += line.net
        tax += line.tax
    return Total(net, tax, net + tax)
