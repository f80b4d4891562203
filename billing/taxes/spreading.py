"""Tax of an order: computed on the sum of each code, then spread over the lines, so that all sums agree to the cent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Taxable:
    """Net amount of a line, in whole cents, with its tax code and the rate of it in per cent."""

    code: Hashable
    rate: Decimal
    net: Decimal


def spread_tax(lines: Sequence[Taxable]) -> list[Decimal]:
    """Return the tax of each line, in order.

    Lines of one code and rate together bear the tax on the sum of their nets, half a cent rounded up; each gets its
    share rounded down, and the cents left go to the largest remainders, the earlier line first.
    """
    taxes = [Decimal(0)] * len(lines)
    together: dict[tuple[Hashable, Decimal], list[int]] = defaultdict(list)
    for place, line in enumerate(lines):
        together[line.code, line.rate].append(place)
    for (_code, rate), places in together.items():
        exact = {place: lines[place].net * rate / 100 for place in places}
        for place, share in exact.items():
            taxes[place] = share.quantize(CENT, ROUND_FLOOR)
        due = (sum((lines[place].net for place in places), Decimal(0)) * rate / 100).quantize(CENT, ROUND_HALF_UP)
        left = int((due - sum((taxes[place] for place in places), Decimal(0))) / CENT)
        for place in sorted(places, key=lambda place: (taxes[place] - exact[place], place))[:left]:
            taxes[place] += CENT
    return taxes
