"""Entries and their prices, prepared for the page."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from catalog.models import Entry
from catalog.pricing import round_money, tiers_of

HUES = 6
PICTURES = 3


@dataclass(frozen=True, slots=True)
class PriceRow:
    """The price of one unit from a quantity on, up to the next row's; `upto` is None on the last row."""

    from_quantity: int
    upto: int | None
    unit_net: Decimal
    unit_gross: Decimal
    saving: int


@dataclass(frozen=True, slots=True)
class Card:
    """An entry in a list. `net` and `gross` are the lowest unit price, None while it has no price.

    `hue` and `rows` choose the picture of an entry that has none of its own.
    """

    entry: Entry
    hue: int
    net: Decimal | None
    gross: Decimal | None
    has_tiers: bool
    rows: int


def price_table(entry: Entry) -> list[PriceRow]:
    """The tiers in order, each with its last quantity, its gross price and what it saves in whole per cent."""
    tiers = tiers_of(entry)
    ends = [tier.from_quantity - 1 for tier in tiers[1:]]
    return [
        PriceRow(
            from_quantity=tier.from_quantity,
            upto=upto,
            unit_net=tier.unit_net,
            unit_gross=_with_tax(tier.unit_net, entry),
            saving=_saving(tiers[0].unit_net, tier.unit_net),
        )
        for tier, upto in zip(tiers, [*ends, None], strict=True)
    ]


def card_of(entry: Entry, *, shelf_rank: int) -> Card:
    """The card of an entry; `shelf_rank` chooses the colour of its picture."""
    prices = [tier.unit_net for tier in tiers_of(entry)]
    net = min(prices, default=None)
    return Card(
        entry=entry,
        hue=shelf_rank % HUES + 1,
        net=net,
        gross=None if net is None else _with_tax(net, entry),
        has_tiers=len(set(prices)) > 1,
        rows=entry.pk % PICTURES + 1,
    )


def _with_tax(net: Decimal, entry: Entry) -> Decimal:
    return net + round_money(net * entry.tax.rate / 100)


def _saving(full: Decimal, price: Decimal) -> int:
    return int((full - price) * 100 / full) if full else 0
