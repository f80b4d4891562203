"""Entries kept in memory with their prices and fields, each as long as none of its rows has changed.

Reading an entry with tax, category, tiers and fields takes three wide statements, and a purchase asks for its entries
at nearly every step. One narrow statement tells instead whether the rows are still the versions that were read:
Postgres gives each version of a row its own pair of `xmin` and `ctid`, whoever writes it and in whichever transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from django.conf import settings
from django.db import connection

from catalog.models.entries import Entry

# Beyond that many entries all are forgotten: the ones still needed are soon read again.
KEPT_AT_MOST = 1_000

_VERSIONS = """
SELECT entry.id, concat_ws(' ', entry.xmin, entry.ctid, tax.xmin, tax.ctid, category.xmin, category.ctid,
    (SELECT string_agg(concat(tier.id, ':', tier.xmin, tier.ctid), ',' ORDER BY tier.id)
        FROM catalog_pricetier tier WHERE tier.entry_id = entry.id), '/',
    (SELECT string_agg(concat(field.id, ':', field.xmin, field.ctid), ',' ORDER BY field.id)
        FROM catalog_entryfield field WHERE field.entry_id = entry.id))
FROM catalog_entry entry
JOIN catalog_tax tax ON tax.id = entry.tax_id
JOIN catalog_category category ON category.id = entry.category_id
"""
_BY_KEY = _VERSIONS + "WHERE entry.id = ANY(%s)"
_BY_CODE = _VERSIONS + "WHERE lower(entry.code) = %s"

_kept: dict[int, tuple[str, Entry]] = {}


def kept_entries(keys: Collection[int]) -> Mapping[int, Entry]:
    """Return entries by key as they stand in the database now, with tax, category, tiers and fields loaded.

    One statement; three more where an entry is new here or has changed, and only these where nothing is to be
    remembered (FRAME_SECONDS is 0). Nobody may change the entries.
    """
    if not settings.FRAME_SECONDS:
        return Entry.objects.with_prices().with_fields().in_bulk(keys)
    return _entries(_BY_KEY, list(keys)) if keys else {}


def kept_entry(code: str) -> Entry | None:
    """Return the entry with this code, in upper or lower case, like `kept_entries`; None if there is none."""
    if not settings.FRAME_SECONDS:
        return Entry.objects.coded(code).with_prices().first()
    return next(iter(_entries(_BY_CODE, code.lower()).values()), None)


def _entries(statement: str, wanted: list[int] | str) -> dict[int, Entry]:
    with connection.cursor() as cursor:
        cursor.execute(statement, [wanted])
        versions: dict[int, str] = dict(cursor.fetchall())
    found = {key: kept[1] for key, version in versions.items() if (kept := _kept.get(key)) and kept[0] == version}
    missing = versions.keys() - found.keys()
    if missing:
        # Read after their versions: what changes between the two is read again next time.
        new = Entry.objects.with_prices().with_fields().in_bulk(missing)
        found |= new
        if len(_kept) + len(new) > KEPT_AT_MOST:
            _kept.clear()
        _kept.update({key: (versions[key], entry) for key, entry in new.items()})
    return found
