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

from django.db import models, transaction
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
    takes addresses and names out of texts.
    """

    key: int
    emails: frozenset[str]
    names: frozenset[tuple[str, str]] = frozenset()


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


@dataclass(frozen=True, kw_only=True)
class Holding:
    """Personal data that a room holds.

    `columns` names the columns covered, by the model's lower-case label. `describe` yields a record for each row about
    a person. `blank` blanks at most so many rows, in the transaction of the caller, and returns their number: it is
    called again, in a new transaction, until it returns 0, and must find none of its rows a second time. `keeps` tells
    what `blank` leaves, and why.
    """

    name: str
    label: str | Promise
    columns: Mapping[str, Collection[str]]
    describe: Callable[[Person], Iterable[Record]]
    blank: Callable[[Person, datetime, int], int]
    keeps: Callable[[Person, datetime], Iterable[Kept]] = keep_nothing


HOLDINGS: Registry[Holding] = Registry("holding of personal data", same=lambda one, other: one.columns == other.columns)


def hold(
    name: str,
    label: str | Promise,
    *,
    columns: Mapping[str, Collection[str]],
    describe: Callable[[Person], Iterable[Record]],
    blank: Callable[[Person, datetime, int], int],
    keeps: Callable[[Person, datetime], Iterable[Kept]] = keep_nothing,
) -> None:
    """Register what a room holds; `label` is lazy, and speaks to the person: it heads their own page."""
    HOLDINGS.register(
        name, Holding(name=name, label=label, columns=columns, describe=describe, blank=blank, keeps=keeps)
    )


def records(rows: models.QuerySet[Any], *columns: str) -> Iterator[Record]:
    """Yield a record per row, of its columns that are not empty, each under the name that its model gives it.

    A column may lie in a related row: `course__short_name`. One statement, in the order of the rows.
    """
    labels = {column: _label(rows.model, column) for column in columns}
    for values in rows.values(*columns).iterator(_READ_AT_ONCE):
        filled = {name: value for name, value in values.items() if value not in ("", None, {}, [])}
        yield tuple(Value(name=name, label=labels[name], value=value) for name, value in filled.items())


def kept(person: Person, now: datetime) -> list[Kept]:
    """List what an erasure would leave, with the reasons."""
    return [each for holding in HOLDINGS for each in holding.keeps(person, now) if each.count]


def blank_everything(person: Person, now: datetime, limit: int = BATCH) -> int:
    """Blank all that is held about a person, at most `limit` rows a transaction; return the number of rows.

    A run that was cut off is made good by the next one. The user's own row went before, in the transaction that closed
    them: nobody copies its address any more.
    """
    count = 0
    for holding in HOLDINGS:
        while True:
            with transaction.atomic():
                blanked = holding.blank(person, now, limit)
            count += blanked
            if not blanked:
                break
    return count


def _label(model: type[models.Model], column: str) -> str:
    field: Any = None
    for step in column.split(LOOKUP_SEP):
        holder = model if field is None else field.related_model
        field = holder._meta.get_field(step)
    return str(capfirst(field.verbose_name))
