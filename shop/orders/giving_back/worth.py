"""Worth of units given back, at the prices at which they were sold, or another amount that the merchant typed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal

from django.db.models import Sum

from catalog.pricing import ZERO, round_money
from common.currencies import shop_step
from handlers.contract import LineContext, Refusal, UnitContext, runs_of
from shop.orders.contexts import handler_of
from shop.orders.giving_back.models import GivingBack
from shop.orders.lines.models import OrderLine


@dataclass(frozen=True)
class Proposed:
    """Amount proposed to pay back for units of a line, and the most that can be: what has not gone back of its total,
    both with tax."""

    worth: Decimal
    most: Decimal


def worth_of(line: OrderLine, context: LineContext, units: Collection[UnitContext]) -> Decimal:
    """Return the worth of units of a line, tax included: its price as sold, less that of the units kept.

    So the parts of a line given back little by little sum to its total, and a free unit is worth nothing. `context`
    holds the units not given back before.
    """
    kept = context.units.without(runs_of(units))
    return max(ZERO, _price(line, context, context.units) - _price(line, context, kept))


def proposed_for(
    lines: Iterable[OrderLine], contexts: Mapping[int, LineContext], chosen: Mapping[int, Sequence[UnitContext]]
) -> dict[int, Proposed]:
    """Return what is proposed to pay back for units of some lines, by line id, tax included. One query."""
    lines = list(lines)
    rows = GivingBack.objects.filter(line__in=lines).order_by()
    gone = dict(rows.values_list("line").annotate(Sum("amount")))
    proposed = {}
    for line in lines:
        most = max(ZERO, line.gross - gone.get(line.pk, ZERO))
        # Less where more than their price went back for units before.
        proposed[line.pk] = Proposed(min(worth_of(line, contexts[line.pk], chosen[line.pk]), most), most)
    return proposed


def shared_out(amount: Decimal, proposed: Mapping[int, Proposed]) -> dict[int, Decimal]:
    """Share an amount out to lines in proportion to what is proposed for them, none more than it has left. The shares
    sum to the amount. Raises ValueError for more than is left of all lines together."""
    total = sum((each.worth for each in proposed.values()), ZERO)
    shares = dict.fromkeys(proposed, ZERO)
    for line_id, each in proposed.items():
        part = (amount * each.worth / total).quantize(shop_step(), ROUND_DOWN) if total else ZERO
        shares[line_id] = min(part, each.most)
    rest = amount - sum(shares.values(), ZERO)
    for line_id, each in proposed.items():
        more = min(rest, each.most - shares[line_id])
        shares[line_id] += more
        rest -= more
    if rest:
        raise ValueError(f"{rest} more than is left of the lines")
    return shares


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
    if line.unit_net * line.charged != line.net:
        # Typed with tax: the cents of a unit's net are rounded, those of its gross are not.
        return round_money(line.gross * charged / line.charged)
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
