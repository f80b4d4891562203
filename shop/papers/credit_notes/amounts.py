"""Shares of several invoices of what is to be credited of a line. No queries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from shop.papers.amounts import NOTHING, Amount, spread_over

K = TypeVar("K", bound=int)


def shared_among(total: Amount, rests: Mapping[K, Amount]) -> dict[K, Amount]:
    """Share an amount among invoices in proportion to what is left of each, to the cent; none gets more than it has
    left, and those that get nothing are left out.

    Net and tax each by largest remainder, the first of equal ones first. Raises ValueError for more than is left of all
    together.
    """
    nets = spread_over(total.net, [rest.net for rest in rests.values()])
    taxes = spread_over(total.tax, [rest.tax for rest in rests.values()])
    shares = {key: Amount(net, tax) for key, net, tax in zip(rests, nets, taxes, strict=True)}
    return {key: share for key, share in shares.items() if share != NOTHING}
