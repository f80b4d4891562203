"""Writing the fields that an entry asks for each unit."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.models.entries import Entry
from catalog.models.entry_fields import (
    LONGEST_LONG_TEXT,
    LONGEST_TEXT,
    NAME_MAX_LENGTH,
    NAME_PATTERN,
    WITH_LENGTH,
    EntryField,
)
from catalog.regular_expressions import PatternBroken, check_pattern, matches
from catalog.services.errors import EntryChangedMeanwhile, EntryRefused
from common.languages import languages
from handlers.asked_fields import FieldKind
from handlers.contract import Text, in_words

MOST_FIELDS = 20
MOST_CHOICES = 60
LONGEST_VALUE = 60
LONGEST_CHOICE = 150

_name = re.compile(NAME_PATTERN)


class FieldRefused(EntryRefused):
    """A field is refused. ``index`` counts the fields from 0; ``field`` names the column."""

    def __init__(self, message: Text, *, index: int, field: str) -> None:
        super().__init__(message, field=field)
        self.index = index


class TooManyFields(EntryRefused):
    """An entry would ask more for each unit than the shop allows."""

    field = "fields"
    message = in_words(lambda: _("At most %(most)d fields can be asked for each unit.") % {"most": MOST_FIELDS})


@dataclass(frozen=True)
class FieldProblem:
    """A wrong column of a field, and the reason."""

    column: str
    message: Text


def set_fields(*, entry: Entry, fields: Sequence[EntryField], expected_version: int, now: datetime) -> None:
    """Replace the fields that ``entry`` asks for each unit; the order of ``fields`` is the order of asking.

    A field is known by its name: a field that stays keeps its row. Locks the entry's row; where something changes, the
    version of the entry is raised, in the database and on ``entry``. Order lines keep the fields with which they were
    sold. Raises EntryChangedMeanwhile, TooManyFields, FieldRefused; then nothing was written.
    """
    with transaction.atomic():
        stored = Entry.objects.select_for_update(no_key=True).filter(pk=entry.pk).first()
        if stored is None or stored.version != expected_version:
            raise EntryChangedMeanwhile
        if not write_fields(entry=stored, fields=fields):
            return
        Entry.objects.filter(pk=entry.pk).update(version=expected_version + 1, updated_at=now)
    entry.version, entry.updated_at = expected_version + 1, now


def write_fields(*, entry: Entry, fields: Sequence[EntryField]) -> bool:
    """Like `set_fields`, for a caller that holds the entry's lock and raises its version. Returns whether anything
    changed."""
    _refuse_what_is_wrong(fields)
    rows = [_row(entry, field, position) for position, field in enumerate(fields, start=1)]
    before = {field.name: _values(field) for field in EntryField.objects.filter(entry=entry)}
    if before == {row.name: _values(row) for row in rows}:
        return False
    EntryField.objects.filter(entry=entry).exclude(name__in=[row.name for row in rows]).delete()
    EntryField.objects.bulk_create(
        sorted(rows, key=lambda row: row.name),
        update_conflicts=True,
        unique_fields=["entry", "name"],
        update_fields=[column for column in _columns() if column != "name"],
    )
    return True


def problems_of(field: EntryField) -> list[FieldProblem]:
    """List the problems of a field by itself, stored or not."""
    return [
        *_problems_of_texts(field),
        *_problems_of_choices(field),
        *_problems_of_bounds(field),
        *_problems_of_pattern(field),
    ]


def copies_of(fields: Iterable[EntryField]) -> list[EntryField]:
    """Copy fields for another entry, not stored."""
    return [EntryField(**_values(field)) for field in fields]


def _columns() -> list[str]:
    """List the columns of a field, its texts once per language."""
    translated = [f"{text}_{code}" for text in ("label", "help") for code in languages()]
    plain = ["name", "position", "kind", "is_required", "choices", "least", "greatest", "earliest", "latest"]
    return [*plain, "max_length", "pattern", "example", *translated]


def _values(field: EntryField) -> dict[str, Any]:
    return {column: getattr(field, column) for column in _columns()}


def _row(entry: Entry, field: EntryField, position: int) -> EntryField:
    return EntryField(**(_values(field) | {"entry": entry, "position": position}))


def _refuse_what_is_wrong(fields: Sequence[EntryField]) -> None:
    if len(fields) > MOST_FIELDS:
        raise TooManyFields
    names: set[str] = set()
    for index, field in enumerate(fields):
        for problem in problems_of(field):
            raise FieldRefused(problem.message, index=index, field=problem.column)
        if field.name in names:
            raise FieldRefused(NAME_TWICE, index=index, field="name")
        names.add(field.name)


NAME_TWICE = gettext_lazy("Another field of this entry has this name.")
NAME_SIGNS = gettext_lazy(
    "A name begins with a small letter and has only small letters without accents, digits and underscores."
)


def _problems_of_texts(field: EntryField) -> Iterator[FieldProblem]:
    if not _name.fullmatch(field.name) or field.name.endswith("\n") or len(field.name) > NAME_MAX_LENGTH:
        yield FieldProblem("name", NAME_SIGNS)
    if field.kind not in FieldKind.values:
        yield FieldProblem("kind", gettext_lazy("This kind of field does not exist."))
    if not any(getattr(field, f"label_{code}") for code in languages()):
        yield FieldProblem(f"label_{languages()[0]}", gettext_lazy("A field needs a label in one language at least."))


def _problems_of_choices(field: EntryField) -> Iterator[FieldProblem]:
    if field.kind != FieldKind.CHOICE:
        if field.choices:
            yield FieldProblem("choices", gettext_lazy("Only a choice has choices."))
        return
    values = [choice["value"] for choice in field.choices]
    if len(values) < 2:
        yield FieldProblem("choices", gettext_lazy("A choice needs at least two choices."))
    if len(values) > MOST_CHOICES:
        yield FieldProblem("choices", in_words(lambda: _("At most %(most)d choices.") % {"most": MOST_CHOICES}))
    twice = next((value for value in values if values.count(value) > 1), None)
    if twice is not None:
        yield FieldProblem("choices", in_words(lambda: _("“%(value)s” stands there twice.") % {"value": twice}))
    for choice in field.choices:
        if not choice["value"] or len(choice["value"]) > LONGEST_VALUE:
            yield FieldProblem(
                "choices",
                in_words(
                    lambda value=choice["value"]: (  # type: ignore[misc]  # mypy infers no type for a default in a lambda
                        _("A value has between 1 and %(most)d signs: “%(value)s”.")
                        % {"most": LONGEST_VALUE, "value": value[:LONGEST_VALUE]}
                    )
                ),
            )
        if any(len(label) > LONGEST_CHOICE for label in choice["label"].values()):
            yield FieldProblem(
                "choices", in_words(lambda: _("A choice has at most %(most)d signs.") % {"most": LONGEST_CHOICE})
            )


def _problems_of_bounds(field: EntryField) -> Iterator[FieldProblem]:
    if field.kind != FieldKind.NUMBER and (field.least is not None or field.greatest is not None):
        yield FieldProblem("least", gettext_lazy("Only a number has a least and a greatest value."))
    if field.least is not None and field.greatest is not None and field.greatest < field.least:
        yield FieldProblem("greatest", gettext_lazy("The greatest number cannot be below the least."))
    if field.kind != FieldKind.DATE and (field.earliest is not None or field.latest is not None):
        yield FieldProblem("earliest", gettext_lazy("Only a date has an earliest and a latest day."))
    if field.earliest is not None and field.latest is not None and field.latest < field.earliest:
        yield FieldProblem("latest", gettext_lazy("The latest day cannot be before the earliest."))
    if field.max_length is None:
        return
    if field.kind not in WITH_LENGTH:
        yield FieldProblem("max_length", gettext_lazy("Only a text has a greatest length."))
        return
    most = LONGEST_TEXT if field.kind == FieldKind.TEXT else LONGEST_LONG_TEXT
    if not 1 <= field.max_length <= most:
        yield FieldProblem(
            "max_length", in_words(lambda: _("A length between 1 and %(most)d, or nothing.") % {"most": most})
        )


def _problems_of_pattern(field: EntryField) -> Iterator[FieldProblem]:
    if field.kind != FieldKind.TEXT:
        if field.pattern or field.example:
            yield FieldProblem("pattern", gettext_lazy("Only a text has a pattern and an example."))
        return
    if field.example and len(field.example) > (field.max_length or LONGEST_TEXT):
        yield FieldProblem("example", gettext_lazy("The example is longer than an answer may be."))
    if not field.pattern:
        return
    try:
        check_pattern(field.pattern)
    except PatternBroken as broken:
        reason = str(broken)
        yield FieldProblem(
            "pattern", in_words(lambda: _("This pattern cannot be read: %(reason)s.") % {"reason": reason})
        )
        return
    if not field.example:
        yield FieldProblem(
            "example", gettext_lazy("A pattern needs an example: whoever types something else is shown it.")
        )
    elif not matches(field.pattern, field.example):
        yield FieldProblem("example", gettext_lazy("The example does not match the pattern."))
