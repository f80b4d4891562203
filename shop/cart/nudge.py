"""Next price tier of a line, where it is cheaper and within reach."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import ngettext

from catalog.pricing import round_money, tiers_of
from common.templatetags.money import grouped, money
from shop.cart.limits import MAX_QUANTITY, units_beyond_limit
from shop.cart.pricing import PricedLine


@dataclass(frozen=True)
class Nudge:
    """Number of units more with which every unit of a line costs `unit_price`, net or with tax."""

    more: int
    unit_price: Decimal
    includes_tax: bool
    currency: str

    def __str__(self) -> str:
        net = ngettext(
            "One more and each costs %(price)s excl. tax.",
            "%(more)s more and each costs %(price)s excl. tax.",
            self.more,
        )
        with_tax = ngettext(
            "One more and each costs %(price)s incl. tax.",
            "%(more)s more and each costs %(price)s incl. tax.",
            self.more,
        )
        told = with_tax if self.includes_tax else net
        return told % {"more": grouped(self.more), "price": money(self.unit_price, self.currency)}


def nudges(lines: Sequence[PricedLine], *, currency: str) -> dict[int, Nudge]:
    """Return the next cheaper tier by line id, for the lines whose limits, and those of the cart, allow its quantity.
    No query if the entries are loaded."""
    found = ((line, _next_tier(line, currency)) for line in lines if not line.problems)
    return {line.line.pk: nudge for line, nudge in found if nudge is not None and _is_in_reach(line, nudge, lines)}


def _next_tier(line: PricedLine, currency: str) -> Nudge | None:
    if line.price is None:
        return None
    for tier in tiers_of(line.line.entry):
        price = round_money(tier.unit_price)
        if tier.from_quantity > line.price.charged and price < line.price.unit_price:
            return Nudge(tier.from_quantity - line.price.charged, price, tier.includes_tax, currency)
    return None


def _is_in_reach(line: PricedLine, nudge: Nudge, lines: Sequence[PricedLine]) -> bool:
    quantity = line.line.quantity + nudge.more
    most = line.offer.max_quantity
    if quantity > MAX_QUANTITY or (most is not None and quantity > most):
        return False
    wanted = [(each.offer, quantity if each is line else each.line.quantity) for each in lines]
    return not any(units_beyond_limit(wanted))
