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
from catalog.pricing import Tier, gross_of, net_of, tiers_of
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
    includes_tax: bool = False

    @property
    def unit_price(self) -> Decimal:
        """Price as typed, which readers see first."""
        return self.unit_gross if self.includes_tax else self.unit_net


@dataclass(frozen=True, slots=True)
class Card:
    """Entry in a list, as plain strings: twenty cards on a page are rendered from few attributes.

    `price` is the lowest unit price as typed, in the reader's format, with tax if `includes_tax`; `beside` the sentence
    with the price without tax, or with it; both "" if there is no price. `notice` says why the entry cannot be bought
    at the moment, or that few places are left.
    """

    name: str
    url: str
    summary: str
    category: str
    image_url: str
    state: str
    notice: str
    price: str
    includes_tax: bool
    beside: str
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
            unit_net=_net(tier, tax_rate),
            unit_gross=_gross(tier, tax_rate),
            saving=_saving(tiers[0].unit_price, tier.unit_price),
            includes_tax=tier.includes_tax,
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
    tiers = tiers_of(entry)
    lowest = min(tiers, key=lambda tier: tier.unit_price, default=None)
    return Card(
        name=entry.name,
        url=entry_url(entry.code),
        summary=entry.summary,
        category=entry.category.name,
        image_url=entry.image.url if entry.image else picture_url(entry.code, hue=shelf_rank % HUES + 1),
        state=entry.state,
        notice=_notice(offer, available) if entry.is_on_sale else "",
        price=money(lowest.unit_price) if lowest else "",
        includes_tax=lowest is not None and lowest.includes_tax,
        beside=_beside(lowest, entry.tax.rate_on(day)) if lowest else "",
        is_free=lowest is not None and not lowest.unit_price,
        has_tiers=len({tier.unit_price for tier in tiers}) > 1,
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


def _net(tier: Tier, tax_rate: Decimal) -> Decimal:
    return net_of(tier.unit_price, tax_rate) if tier.includes_tax else tier.unit_price


def _gross(tier: Tier, tax_rate: Decimal) -> Decimal:
    return tier.unit_price if tier.includes_tax else gross_of(tier.unit_price, tax_rate)


def _beside(tier: Tier, tax_rate: Decimal) -> str:
    if tier.includes_tax:
        return _("%(amount)s excl. tax") % {"amount": money(_net(tier, tax_rate))}
    return _("%(amount)s incl. tax") % {"amount": money(_gross(tier, tax_rate))}


def _saving(full: Decimal, price: Decimal) -> int:
    return int((full - price) * 100 / full) if full else 0


def lead_of(entry: Entry) -> str:
    """Return the summary above the description of an entry; "" when the description begins with it already."""
    described = " ".join(unescape(strip_tags(entry.description.replace("<", " <"))).split())
    return "" if described.startswith(" ".join(entry.summary.split())) else entry.summary
