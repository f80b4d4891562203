"""Prices as pure functions: no clock, no language, nothing but numbers in and numbers out, in the shop's currency.

A line is sold as a whole at the price of its tier; the tier is found by the units that are
*charged* (a free tutor's seat moves no tier). Prices are typed net or with tax. Tax is rounded half up: for a line
alone, and in an order for each tax code on the sum of its nets, or out of the sum of its grosses; then the gross is
what was typed, and the net is the rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Protocol

from billing.taxes.spreading import Taxable, exact_tax, spread_tax
from common.currencies import round_to_step, shop_step

CENT = Decimal("0.01")
ZERO = Decimal("0.00")


class NoPrice(Exception):
    """The entry has no price from quantity 1 on, so the entry cannot be charged for."""


@dataclass(frozen=True, slots=True)
class Tier:
    """The price of one unit from ``from_quantity`` charged units on, as typed: net, or with tax if it includes that."""

    from_quantity: int
    unit_price: Decimal
    includes_tax: bool = False


@dataclass(frozen=True, slots=True)
class LinePrice:
    """Price of one line. ``gross`` is always ``net + tax``; ``unit_price`` is net, or with tax where it is included."""

    unit_price: Decimal
    charged: int
    tax_rate: Decimal
    net: Decimal
    tax: Decimal
    gross: Decimal
    includes_tax: bool = False

    @property
    def unit_net(self) -> Decimal:
        """Net price of a unit, to the cent: the line's net is no multiple of it where prices include tax."""
        return net_of(self.unit_price, self.tax_rate) if self.includes_tax else self.unit_price

    @property
    def unit_gross(self) -> Decimal | None:
        """Price of a unit as typed with tax; None for one typed net."""
        return self.unit_price if self.includes_tax else None

    @property
    def typed(self) -> Decimal:
        """Sum of the prices typed, with tax where they include it: what tax is computed of, and what pages show beside
        the unit's price."""
        return self.gross if self.includes_tax else self.net

    def taxed(self, tax: Decimal) -> LinePrice:
        """Return the price with another tax: its share of the tax of an order. The gross stays where it was typed."""
        if self.includes_tax:
            return replace(self, tax=tax, net=self.gross - tax)
        return replace(self, tax=tax, gross=self.net + tax)

    def at_rate(self, tax_rate: Decimal) -> LinePrice:
        """Return the price, not taxed yet, at the rate of another tax."""
        return replace(self, tax_rate=tax_rate)

    def without_tax(self) -> LinePrice:
        """Return the price of a sale that bears no tax here: a typed gross less the tax that it includes."""
        if not self.includes_tax:
            return self.at_rate(Decimal(0)).taxed(ZERO)
        net = net_of(self.gross, self.tax_rate)
        return LinePrice(self.unit_net, self.charged, Decimal(0), net, ZERO, net)


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
    rows = [Tier(row.from_quantity, row.unit_net, row.includes_tax) for row in entry.tiers.all()]
    return sorted(rows, key=lambda tier: tier.from_quantity)


def round_money(amount: Decimal) -> Decimal:
    """Round ``amount`` to the cent, half a cent up; to the step of a currency without cents."""
    return round_to_step(amount)


def net_of(gross: Decimal, tax_rate: Decimal) -> Decimal:
    """Return an amount with tax less the tax in it, which is rounded to the cent. ``tax_rate`` is in per cent."""
    return gross - round_money(exact_tax(gross, tax_rate, includes_tax=True))


def gross_of(net: Decimal, tax_rate: Decimal) -> Decimal:
    """Return an amount with the tax on it, which is rounded to the cent. ``tax_rate`` is in per cent."""
    return net + round_money(exact_tax(net, tax_rate, includes_tax=False))


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
    tier = tier_for(tiers, charged)
    unit_price = round_money(tier.unit_price)
    typed = round_money(unit_price * charged)
    net = net_of(typed, tax_rate) if tier.includes_tax else typed
    gross = typed if tier.includes_tax else gross_of(typed, tax_rate)
    return LinePrice(unit_price, charged, tax_rate, net, gross - net, gross, tier.includes_tax)


def priced_together(lines: Sequence[Coded]) -> list[LinePrice | None]:
    """Return the prices of the lines of one order, in order: tax is computed for each tax code on the sum of its nets,
    or out of the sum of its grosses, and spread over its lines."""
    prices = [line.price for line in lines]
    known = [(line.tax_code, price) for line, price in zip(lines, prices, strict=True) if price is not None]
    taxables = [Taxable(code, price.tax_rate, price.typed, price.includes_tax) for code, price in known]
    taxes = iter(spread_tax(taxables, step=shop_step()))
    return [None if price is None else price.taxed(next(taxes)) for price in prices]


def total(lines: Iterable[LinePrice]) -> Total:
    """Return the total of an order: the sum of its lines."""
    net = tax = ZERO
    for line in lines:
        net += line.net
        tax += line.tax
    return Total(net, tax, net + tax)
