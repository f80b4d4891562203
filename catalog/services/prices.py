"""Prices of the whole catalogue read another way: typed net, or with tax."""

from __future__ import annotations

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from catalog.models.entries import Entry, PriceTier


def lock_prices() -> None:
    """Lock every entry until the transaction ends, by key, so that no price is written meanwhile; sales go on."""
    list(Entry.objects.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True))


@transaction.atomic
def read_prices(*, with_tax: bool) -> int:
    """Read every price as typed with tax, or net; the figures stay, so that a price of 100 costs 100 either way. Return
    the number of prices read another way.

    Locks every entry, by key; its version counts on, so that a form opened before is refused.
    """
    lock_prices()
    read = PriceTier.objects.filter(includes_tax=not with_tax).update(includes_tax=with_tax)
    if read:
        Entry.objects.update(version=F("version") + 1, updated_at=Now())
    return read
