"""Arithmetic of papers: parts of order lines, net and tax apart. Plain functions, no query."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from billing.taxes.spreading import spread
from catalog.pricing import ZERO, round_money
from common.currencies import shop_step
from shop.orders.lines.models import OrderLine


@dataclass(frozen=True)
class Amount:
    """Net and tax, in the order's currency."""

    net: Decimal
    tax: Decimal

    @property
    def gross(self) -> Decimal:
        return self.net + self.tax

    def __add__(self, other: Amount) -> Amount:
        return Amount(self.net + other.net, self.tax + other.tax)

    def __sub__(self, other: Amount) -> Amount:
        return Amount(self.net - other.net, self.tax - other.tax)

    def __neg__(self) -> Amount:
        return Amount(-self.net, -self.tax)


NOTHING = Amount(ZERO, ZERO)


def within(line: OrderLine, gross: Decimal) -> Amount:
    """Return the part of a sold line that makes a sum with tax: its net and tax, rounded like the line's own."""
    tax = round_money(line.tax * gross / line.gross) if line.gross else ZERO
    return Amount(gross - tax, tax)


def sold(line: OrderLine) -> Amount:
    """Return the whole of a line as it was sold."""
    return Amount(line.net, line.tax)


def left_of(line: OrderLine, given_back: Decimal) -> Amount:
    """Return the part of a line that stays sold once some of it, with tax, was given back."""
    return sold(line) - within(line, given_back)


def to_invoice(line: OrderLine, *, invoiced: Amount, given_back: Decimal) -> Amount:
    """Return the rest of a line that is sold and not invoiced. Nothing where more was invoiced than is left."""
    left = left_of(line, given_back)
    gross = max(ZERO, left.gross - invoiced.gross)
    tax = min(gross, max(ZERO, left.tax - invoiced.tax))
    return Amount(gross - tax, tax)


def to_credit(line: OrderLine, *, invoiced: Amount, given_back: Decimal) -> Amount:
    """Return what was invoiced of a line beyond what is left of it since some was given back: a positive amount, whose
    net and tax are within those invoiced."""
    left = left_of(line, given_back)
    gross = invoiced.gross - left.gross
    if gross <= 0:
        return NOTHING
    least, most = max(ZERO, gross - invoiced.net), min(gross, invoiced.tax)
    tax = min(max(invoiced.tax - left.tax, least), most)
    return Amount(gross - tax, tax)


def part_of_amount(whole: Amount, gross: Decimal) -> Amount:
    """Return the part of an amount that makes a sum with tax, within the whole: the rest of it agrees to the cent."""
    tax = min(gross, round_money(whole.tax * gross / whole.gross)) if whole.gross else ZERO
    return Amount(gross - tax, tax)


def spread_over(sum_: Decimal, weights: Sequence[Decimal]) -> list[Decimal]:
    """Spread a sum over weights by largest remainder, in whole steps of money, none getting more than its weight.

    Raises ValueError for a sum below zero, or above the sum of the weights.
    """
    total = sum(weights, ZERO)
    if not 0 <= sum_ <= total:
        raise ValueError(f"{sum_} is not within {total}")
    if not sum_:
        return [ZERO] * len(weights)
    return spread(sum_, [sum_ * weight / total for weight in weights], step=shop_step())
