"""Entries that are on sale by their state and that nobody can buy at the moment, for merchants."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from catalog.availability import availability_of
from catalog.models.entries import ON_SALE, Entry
from catalog.offers import obstacles, offer_of
from catalog.reasons import Reason


def obstacle_of_each(entries: Sequence[Entry], *, now: datetime) -> dict[int, Reason]:
    """Return the first reason why nobody can buy an entry, by key; entries that can be bought, and those not on sale by
    their state, are left out. Four queries at most where prices are loaded, for any number of entries."""
    offers = [offer_of(entry) for entry in entries if entry.is_on_sale]
    found = {}
    for offer, available in zip(offers, availability_of(offers, now=now), strict=True):
        reasons = obstacles(offer, available)
        if reasons:
            found[offer.entry.pk] = reasons[0]
    return found


def not_sellable(*, now: datetime) -> dict[int, Reason]:
    """Return the first reason why nobody can buy an entry, for every entry on sale that it concerns, by key."""
    entries = Entry.objects.filter(state__in=ON_SALE).select_related("tax").prefetch_related("tiers").order_by("pk")
    return obstacle_of_each(list(entries), now=now)
