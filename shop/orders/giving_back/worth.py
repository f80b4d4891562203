"""Worth of units given back, at the prices at which they were sold."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from decimal import Decimal

from catalog.pricing import ZERO, round_money
from handlers.contract import LineContext, Refusal, UnitContext, runs_of
from shop.orders.contexts import handler_of
from shop.orders.lines.models import OrderLine


def worth_of(line: OrderLine, context: LineContext, units: Collection[UnitContext]) -> Decimal:
    """Return the worth of units of a line, tax included: its price as sold, less that of the units kept.

    So the parts of a line given back little by little sum to its total, and a free unit is worth nothing. `context`
    holds the units not given back before.
    """
    kept = context.units.without(runs_of(units))
    return max(ZERO, _price(line, context, context.units) - _price(line, context, kept))


def _price(line: OrderLine, context: LineContext, units: Sequence[UnitContext]) -> Decimal:
    charged = len(units)
    try:
        handler = handler_of(line)
        if handler is not None and units:
            charged = handler.charged_units(context.parameters, units)
    except Refusal:
        charged = len(units)  # without its handler the line counts each unit
    if charged >= line.charged:
        return line.gross
    net = round_money(line.unit_net * charged)
    return net + (round_money(line.tax * net / line.net) if line.net else ZERO)


def amounts_of(
    line: OrderLine, context: LineContext, parts: Sequence[tuple[int, int]], worth: Decimal
) -> list[Decimal]:
    """Share the worth of an act among its parts: each gets the price before it less the price after it, the last one
    the rest.

    No amount is negative, even if a handler charges more for fewer units, and the amounts sum to the worth.
    """
    kept = context.units
    left, before = worth, _price(line, context, kept)
    amounts = []
    for first, last in parts[:-1]:
        kept = kept.without([range(first, last + 1)])
        after = _price(line, context, kept)
        amounts.append(min(left, max(ZERO, before - after)))
        left -= amounts[-1]
        before = after
    return [*amounts, left]
