"""One change of state, category, tax or vocational training, made to several entries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from catalog.models.categories import Category
from catalog.models.entries import Entry
from catalog.models.taxes import Tax
from catalog.offers import offer_of
from catalog.services.entries import save_entry
from catalog.services.errors import EntryChangedMeanwhile


@dataclass(frozen=True)
class Change:
    """State, category, tax and vocational training that entries are to have; None and "" leave as it is."""

    state: str = ""
    category: Category | None = None
    tax: Tax | None = None
    vocational: str = ""

    def of(self, entry: Entry) -> list[tuple[str, object, object]]:
        """Return name, old and new value of each column of an entry that the change touches."""
        wanted = {
            "state": self.state or None,
            "category": self.category,
            "tax": self.tax,
            "vocational": self.vocational or None,
        }
        now = {name: getattr(entry, name) for name in wanted}
        return [(name, now[name], new) for name, new in wanted.items() if new is not None and new != now[name]]


def apply_change(*, entry_id: int, change: Change, expected_version: int | None, now: datetime) -> Entry:
    """Make the change to one entry, by the rules of `save_entry`, whose locks and refusals are those of this one.

    An entry that has all of it already is left alone.
    """
    entry = Entry.objects.select_related("category", "tax").filter(pk=entry_id).first()
    if entry is None or entry.version != expected_version:
        raise EntryChangedMeanwhile
    changed = change.of(entry)
    if not changed:
        return entry
    for name, _old, new in changed:
        setattr(entry, name, new)
    entry.parameters = offer_of(entry).parameters
    return save_entry(entry=entry, expected_version=expected_version, now=now)
