"""What is offered beside the rows of entries: their prices and fields, for many entries at once."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection
from django.db.models import prefetch_related_objects

from catalog.models import Entry
from catalog.pricing import Tier

OFFERED = """
SELECT entry.id, EXISTS (SELECT FROM catalog_entryfield AS field WHERE field.entry_id = entry.id),
    tier.from_quantity, tier.unit_net
FROM catalog_entry AS entry LEFT JOIN catalog_pricetier AS tier ON tier.entry_id = entry.id
WHERE entry.id = ANY(%s)
ORDER BY entry.id, tier.from_quantity
"""


def load_prices_and_fields(entries: Sequence[Entry]) -> None:
    """Loads prices and fields, so that ``tiers_of`` and ``fields_of`` ask nothing more.

    One plain statement, and a query where one of the entries asks something of its units: a cart is looked at often,
    most entries have no fields, and two prefetches would cost more than all else that a cart's page reads.
    """
    if not entries:
        return
    tiers: dict[int, list[Tier]] = {entry.pk: [] for entry in entries}
    asking = set()
    with connection.cursor() as cursor:
        cursor.execute(OFFERED, [list(tiers)])
        for entry_id, asks, from_quantity, unit_net in cursor.fetchall():
            if asks:
                asking.add(entry_id)
            if from_quantity is not None:
                tiers[entry_id].append(Tier(from_quantity, unit_net))
    prefetch_related_objects([entry for entry in entries if entry.pk in asking], "fields")
    for entry in entries:
        entry.loaded_tiers = tiers[entry.pk]
        entry.loaded_fields = list(entry.fields.all()) if entry.pk in asking else ()
