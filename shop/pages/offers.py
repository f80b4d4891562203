"""Entries and their prices, prepared for pages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from html import unescape

from django.urls import reverse
from django.utils import timezone
from django.utils.html import strip_tags
from django.utils.translation import gettext as _

from catalog.availability import Availability, availability_of
from catalog.models.entries import Entry
from catalog.offers import Offer, obstacles, offer_of
from catalog.pricing import round_money, tiers_of
from catalog.reasons import ReasonCode, places_left_in_words
from common.templatetags.money import money
from shop.pages.pictures import picture_url

HUES = 6
# So many places left are told: more would only tell competitors how well a course sells.
FEW_PLACES = 10


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
    there is no price. `notice` says why the entry cannot be bought at the moment, or that few places are left.
    """

    name: str
    url: str
    summary: str
    category: str
    image_url: str
    state: str
    notice: str
    net: str
    gross: str
    is_free: bool
    has_tiers: bool
    hue: int


def price_table(entry: Entry, *, tax_rate: Decimal) -> list[PriceRow]:
    """Return the tiers in order, each with its last quantity, its gross price and its saving in whole per cent."""
    tiers = tiers_of(entry)
    ends = [tier.from_quantity - 1 for tier in tiers[1:]]
    return [
        PriceRow(
            from_quantity=tier.from_quantity,
            upto=upto,
            unit_net=tier.unit_net,
            unit_gross=_with_tax(tier.unit_net, tax_rate),
            saving=_saving(tiers[0].unit_net, tier.unit_net),
        )
        for tier, upto in zip(tiers, [*ends, None], strict=True)
    ]


def cards_of(entries: Iterable[Entry], *, shelf_ranks: Mapping[int, int], now: datetime) -> list[Card]:
    """Return the cards of entries, with the state of their courses: three queries at most, for any number of entries.
    `shelf_ranks` has the place of each category, by key."""
    offers, day = [offer_of(entry) for entry in entries], timezone.localdate(now)
    return [
        card_of(offer, available, shelf_rank=shelf_ranks.get(offer.entry.category_id, 0), day=day)
        for offer, available in zip(offers, availability_of(offers, now=now), strict=True)
    ]


def card_of(offer: Offer, available: Availability, *, shelf_rank: int, day: date) -> Card:
    """Return the card of an offer on a day; `shelf_rank` chooses the colour of its category."""
    entry = offer.entry
    prices = [tier.unit_net for tier in tiers_of(entry)]
    net = min(prices, default=None)
    gross = None if net is None else money(_with_tax(net, entry.tax.rate_on(day)))
    return Card(
        name=entry.name,
        url=entry_url(entry.code),
        summary=entry.summary,
        category=entry.category.name,
        image_url=entry.image.url if entry.image else picture_url(entry.code, hue=shelf_rank % HUES + 1),
        state=entry.state,
        notice=_notice(offer, available) if entry.is_on_sale else "",
        net=money(net),
        gross=_("%(amount)s incl. tax") % {"amount": gross} if gross else "",
        is_free=net == 0,
        has_tiers=len(set(prices)) > 1,
        hue=shelf_rank % HUES + 1,
    )


def _notice(offer: Offer, available: Availability) -> str:
    for reason in obstacles(offer, available):
        # A card without a price says so already.
        return "" if reason.code is ReasonCode.NO_PRICE else str(reason.message)
    left = available.places_left
    return places_left_in_words(left) if left is not None and left <= FEW_PLACES else ""


@lru_cache(maxsize=4096)
def entry_url(code: str) -> str:
    return reverse("entry", args=[code])


def _with_tax(net: Decimal, tax_rate: Decimal) -> Decimal:
    return net + round_money(net * tax_rate / 100)


def _saving(full: Decimal, price: Decimal) -> int:
    return int((full - price) * 100 / full) if full else 0


def lead_of(entry: Entry) -> str:
    """Return the summary above the description of an entry; "" when the description begins with it already."""
    described = " ".join(unescape(strip_tags(entry.description.replace("<", " <"))).split())
    return "" if described.startswith(" ".join(entry.summary.split())) else entry.summary
