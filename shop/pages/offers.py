"""Entries and their prices, prepared for pages."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from django.urls import reverse
from django.utils.translation import gettext as _

from catalog.models.entries import Entry
from catalog.pricing import round_money, tiers_of
from common.templatetags.money import money

HUES = 6
PICTURES = 3


@dataclass(frozen=True, slots=True)
class PriceRow:
    """Price of one unit from a quantity on, up to `upto`, which is None on the last row."""

    from_quantity: int
    upto: int | None
    unit_net: Decimal
    unit_gross: Decimal
    saving: int


@dataclass(frozen=True, slots=True)
class Card:
    """Entry in a list, as plain strings: twenty cards on a page are rendered from few attributes.

    `net` is the lowest unit price in the reader's format, `gross` the sentence with the price incl. tax; both "" if
    there is no price. `hue` and `rows` choose the picture of an entry without an image.
    """

    name: str
    url: str
    summary: str
    category: str
    image_url: str
    state: str
    net: str
    gross: str
    is_free: bool
    has_tiers: bool
    hue: int
    rows: int


def price_table(entry: Entry) -> list[PriceRow]:
    """Return the tiers in order, each with its last quantity, its gross price and its saving in whole per cent."""
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
    """Return the card of an entry; `shelf_rank` chooses the colour of its picture."""
    prices = [tier.unit_net for tier in tiers_of(entry)]
    net = min(prices, default=None)
    return Card(
        name=entry.name,
        url=entry_url(entry.code),
        summary=entry.summary,
        category=entry.category.name,
        image_url=entry.image.url if entry.image else "",
        state=entry.state,
        net=money(net),
        gross="" if net is None else _("%(amount)s incl. tax") % {"amount": money(_with_tax(net, entry))},
        is_free=net == 0,
        has_tiers=len(set(prices)) > 1,
        hue=shelf_rank % HUES + 1,
        rows=entry.pk % PICTURES + 1,
    )


@lru_cache(maxsize=4096)
def entry_url(code: str) -> str:
    return reverse("entry", args=[code])


def _with_tax(net: Decimal, entry: Entry) -> Decimal:
    return net + round_money(net * entry.tax.rate / 100)


def _saving(full: Decimal, price: Decimal) -> int:
    return int((full - price) * 100 / full) if full else 0
