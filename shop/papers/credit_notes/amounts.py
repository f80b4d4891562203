"""Shares of several invoices of what is to be credited of a line. No queries."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_DOWN, Decimal
from typing import TypeVar

from catalog.pricing import CENT, ZERO
from shop.papers.amounts import Amount

K = TypeVar("K", bound=int)


def shared_among(total: Amount, rests: Mapping[K, Amount]) -> dict[K, Amount]:
    """Share an amount among invoices in proportion to what is left of each, to the cent; none gets more than it has
    left, and those that get nothing are left out.

    Net and tax each by largest remainder, the first of equal ones first. Raises ValueError for more than is left of all
    together.
    """
    nets = _shared(total.net, {key: rest.net for key, rest in rests.items()})
    taxes = _shared(total.tax, {key: rest.tax for key, rest in rests.items()})
    return {key: Amount(nets[key], taxes[key]) for key in rests if nets[key] or taxes[key]}


def _shared(total: Decimal, rests: Mapping[K, Decimal]) -> dict[K, Decimal]:
    whole = sum(rests.values(), ZERO)
    if not 0 <= total <= whole:
        raise ValueError(f"{total} is not within {whole}")
    if not total:
        return dict.fromkeys(rests, ZERO)
    exact = {key: total * rest / whole for key, rest in rests.items()}
    shares = {key: part.quantize(CENT, ROUND_DOWN) for key, part in exact.items()}
    cents = int((total - sum(shares.values(), ZERO)) / CENT)
    for key in sorted(rests, key=lambda key: shares[key] - exact[key])[:cents]:
        shares[key] += CENT
    return shares
