"""Fields that an entry asks of each unit."""

from typing import Any

from django.utils import timezone

from catalog.models.entries import Entry
from catalog.models.entry_fields import EntryField
from catalog.services.entry_fields import set_fields

SIZES = [
    {"value": "s", "label": {"fr": "Petite", "en": "Small"}},
    {"value": "m", "label": {"fr": "Moyenne", "en": "Medium"}},
]


def make_field(name: str = "size", kind: str = "text", **more: Any) -> EntryField:
    """Return a field that is not stored yet; a choice has two sizes."""
    values: dict[str, Any] = {"label_en": name.capitalize(), "label_fr": f"{name.capitalize()} (fr)"}
    if kind == "choice":
        values["choices"] = SIZES
    return EntryField(name=name, kind=kind, **(values | more))


def ask(entry: Entry, *fields: EntryField) -> Entry:
    """Give an entry these fields; return the entry read again with its fields."""
    entry.refresh_from_db()
    set_fields(entry=entry, fields=fields, expected_version=entry.version, now=timezone.now())
    return Entry.objects.with_fields().get(pk=entry.pk)
