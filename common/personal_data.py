"""Personal data, room by room: what is held about a person, and how it is blanked when the person is erased.

A room says so in its `personal_data.py`, which is imported at the start:

    hold(
        "delegations", _("What customer accounts wrote about you"),
        columns={"accounts.delegation": ("email", "first_name", "last_name")},
        describe=lambda person: records(Delegation.objects.filter(person_id=person.key), "email", "first_name"),
        blank=blank_delegations,
    )

`describe` tells the person; `blank` works in small batches, and `keeps` tells what stays and why.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import models
from django.db.models.constants import LOOKUP_SEP
from django.utils.functional import Promise
from django.utils.text import capfirst

from common.registry import Registry

# Rows that a transaction blanks at most: few enough to hold its locks for a moment only.
BATCH = 200
# Rows that are read at a time, however many a holding has.
_READ_AT_ONCE = 500


@dataclass(frozen=True, kw_only=True)
class Person:
    """A person to look for: the key of their user, and every address and name known, first and last name apart.

    Addresses are normalised (`common.emails`). The user's own row may have been blanked already. `common.scrubbing`
    takes addresses and names out of texts. Other people of one of the names are `namesakes`, by key, with
    `their_emails`: what is theirs keeps the name.
    """

    key: int
    emails: frozenset[str]
    names: frozenset[tuple[str, str]] = frozenset()
    namesakes: frozenset[int] = frozenset()
    their_emails: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Value:
    """A value held: `name` is stable, for programs; `label` is for readers."""

    name: str
    label: str
    value: Any


Record = tuple[Value, ...]


@dataclass(frozen=True, kw_only=True)
class Kept:
    """Rows that an erasure leaves as they are, and the reason."""

    what: str
    why: str
    count: int


def keep_nothing(person: Person, now: datetime) -> Iterable[Kept]:
    return ()


def wait_for_nothing(person: Person) -> bool:
    return False


@dataclass(frozen=True, kw_only=True)
class Holding:
    """Personal data that a room holds.

    `columns` names the columns covered, by the model's lower-case label. `describe` yields a record for each row about
    a person. `blank` blanks at most so many rows, in the transaction of the caller, and returns their number: it is
    called again, in a new transaction, until it returns 0, and must find none of its rows a second time. `keeps` tells
    what `blank` leaves, and why. `waits` tells that something under way ends soon, and is blanked then: the erasure is
    not done before.
    """

    name: str
    label: str | Promise
    columns: Mapping[str, Collection[str]]
    describe: Callable[[Person], Iterable[Record]]
    blank: Callable[[Person, datetime, int], int]
    keeps: Callable[[Person, datetime], Iterable[Kept]] = keep_nothing
    waits: Callable[[Person], bool] = wait_for_nothing


HOLDINGS: Registry[Holding] = Registry("holding of personal data", same=lambda one, other: one.columns == other.columns)


def hold(
    name: str,
    label: str | Promise,
    *,
    columns: Mapping[str, Collection[str]],
    describe: Callable[[Person], Iterable[Record]],
    blank: Callable[[Person, datetime, int], int],
    keeps: Callable[[Person, datetime], Iterable[Kept]] = keep_nothing,
    waits: Callable[[Person], bool] = wait_for_nothing,
) -> None:
    """Register what a room holds; `label` is lazy, and speaks to the person: it heads their own page."""
    holding = Holding(name=name, label=label, columns=columns, describe=describe, blank=blank, keeps=keeps, waits=waits)
    HOLDINGS.register(name, holding)


def records(rows: models.QuerySet[Any], *columns: str) -> Iterator[Record]:
    """Yield a record per row, of its columns that are not empty, each under the name that its model gives it; a choice
    in words. The `name` of a related row is called like the relation.

    A column may lie in a related row: `course__short_name`. One statement, in the order of the rows.
    """
    fields = {column: _field(rows.model, column) for column in columns}
    labels = {column: str(capfirst(_named_by(rows.model, column).verbose_name)) for column in columns}
    choices = {column: dict(field.flatchoices) for column, field in fields.items() if field.choices}
    for values in rows.values(*columns).iterator(_READ_AT_ONCE):
        filled = {name: value for name, value in values.items() if value not in ("", None, {}, [])}
        yield tuple(
            Value(
                name=name, label=labels[name], value=str(choices[name].get(value, value)) if name in choices else value
            )
            for name, value in filled.items()
        )


def kept(person: Person, now: datetime) -> list[Kept]:
    """List what an erasure would leave, with the reasons."""
    return [each for holding in HOLDINGS for each in holding.keeps(person, now) if each.count]


def blank_next(person: Person, now: datetime, *, at: int = 0, limit: int = BATCH) -> tuple[int, int] | None:
    """Blank at most `limit` rows of the first holding that has any, from number `at` on; return its number and theirs.

    None where nothing is left from there on. In the transaction of the caller, who goes on at that number in a new one,
    and at 0 in the end: what was blanked may have left something for an earlier holding.
    """
    for number, holding in enumerate(HOLDINGS):
        if number >= at and (count := holding.blank(person, now, limit)):
            return number, count
    return None


def is_waiting(person: Person) -> bool:
    """Tell whether some holding waits for something under way to end."""
    return any(holding.waits(person) for holding in HOLDINGS)


def _field(model: type[models.Model], column: str) -> Any:
    field: Any = None
    for step in column.split(LOOKUP_SEP):
        holder = model if field is None else field.related_model
        field = holder._meta.get_field(step)
    return field


def _named_by(model: type[models.Model], column: str) -> Any:
    """Return the field whose name says what a value is: the name of a course is called a course, not a name."""
    path, _separator, last = column.rpartition(LOOKUP_SEP)
    return _field(model, path if path and last == "name" else column)
