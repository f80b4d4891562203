"""Tax of an order: computed on the sum of each code, then spread over the lines, so that all sums agree to the cent,
or to the step of a currency without cents."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Taxable:
    """Amount of a line, in whole steps, with its tax code and the rate of that in per cent. The amount is net, or with
    tax where `includes_tax`."""

    code: Hashable
    rate: Decimal
    amount: Decimal
    includes_tax: bool = False

    @property
    def exact_tax(self) -> Decimal:
        return exact_tax(self.amount, self.rate, includes_tax=self.includes_tax)


def exact_tax(amount: Decimal, rate: Decimal, *, includes_tax: bool) -> Decimal:
    """Return the tax on a net amount, or the tax in one that includes it, not rounded. `rate` is in per cent."""
    return amount * rate / (100 + rate if includes_tax else 100)


def spread(total: Decimal, exact: Sequence[Decimal], *, step: Decimal = CENT) -> list[Decimal]:
    """Return the shares of a total in whole steps, by largest remainder: each of `exact`, which sum to it but for
    rounding, is rounded down, and the steps left go to the largest remainders, the earlier one first."""
    shares = [each.quantize(step, ROUND_FLOOR) for each in exact]
    left = int((total - sum(shares, Decimal(0))) / step)
    for place in sorted(range(len(exact)), key=lambda place: (shares[place] - exact[place], place))[:left]:
        shares[place] += step
    return shares


def spread_tax(lines: Sequence[Taxable], *, step: Decimal = CENT) -> list[Decimal]:
    """Return the tax of each line, in order.

    Lines of one code and rate together bear the tax on the sum of their nets, or the tax in the sum of their grosses,
    half a step rounded up, and share it (`spread`). Nets and grosses of one code are summed apart.
    """
    taxes = [Decimal(0)] * len(lines)
    together: dict[tuple[Hashable, Decimal, bool], list[int]] = defaultdict(list)
    for place, line in enumerate(lines):
        together[line.code, line.rate, line.includes_tax].append(place)
    for (_code, rate, includes_tax), places in together.items():
        amount = sum((lines[place].amount for place in places), Decimal(0))
        due = exact_tax(amount, rate, includes_tax=includes_tax).quantize(step, ROUND_HALF_UP)
        for place, share in zip(
            places, spread(due, [lines[place].exact_tax for place in places], step=step), strict=True
        ):
            taxes[place] = share
    return taxes
