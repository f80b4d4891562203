"""The fields of an entry as plain values."""

from __future__ import annotations

from catalog.models.entries import Entry
from catalog.models.entry_fields import EntryField
from common.languages import field_in_every_language
from handlers.asked_fields import AskedField, FieldKind, choices_stored


def fields_of(entry: Entry) -> tuple[AskedField, ...]:
    """Return the fields that the entry itself asks for each unit, in order. No query where the fields are loaded
    (``with_fields``)."""
    return tuple(asked_field(row) for row in entry.fields.all())


def asked_field(row: EntryField) -> AskedField:
    """Return the field as it is asked; a text that is missing in one language is borrowed from another."""
    return AskedField(
        name=row.name,
        kind=FieldKind(row.kind),
        label=field_in_every_language(row, "label"),
        help=field_in_every_language(row, "help"),
        is_required=row.is_required,
        choices=choices_stored(row.choices),
        least=row.least,
        greatest=row.greatest,
        earliest=row.earliest,
        latest=row.latest,
        max_length=row.max_length,
        pattern=row.pattern,
        example=row.example,
    )
