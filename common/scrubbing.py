"""Addresses and names of one person, taken out of stored texts and JSON values; all the rest of a text stays."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

from django.db.models import JSONField, Q, QuerySet, TextField
from django.db.models.functions import Cast

from common.personal_data import Person

# Stands in the place of an address or a name.
GONE = "…"
_ADDRESS = re.compile(r"[^\s<>()\[\],;:\"]+@[^\s<>()\[\],;:\"]*[^\s<>()\[\],;:\".]")
# Names of values that, beside an `email`, make an object one of a person.
_NAMES = frozenset({"first_name", "last_name", "contact_name"})
# Rows that are read at a time.
_READ_AT_ONCE = 500


def scrubbed(value: Any, person: Person) -> Any:
    """Return a text, or a value that JSON can hold, without the person's addresses and whole names.

    A first or last name alone goes where it is a value of an object that names the person in another of its values:
    `{"email": …, "first_name": …}`. Case does not count. A text or an object with the address of a namesake, and none
    of the person, stays; so does an object of a name and another address.
    """
    return _scrubbed(value, person, _pattern(person))


def scrub_rows(rows: QuerySet[Any], *columns: str, person: Person, limit: int, theirs: Q | None = None) -> int:
    """Scrub columns of texts or JSON of at most `limit` of the rows that name the person; return the number of rows.

    `theirs` is the condition of rows that are about a namesake: out of these the person's addresses are taken alone.
    Locks the rows scrubbed, by key, until the caller's transaction ends. Reads all rows given, unless their query
    narrows them.
    """
    count = 0
    if theirs is not None and person.namesakes:
        about = rows.model._base_manager.filter(theirs).values("pk")
        count = scrub_rows(rows.filter(pk__in=about), *columns, person=replace(person, names=frozenset()), limit=limit)
        rows, limit = rows.exclude(pk__in=about), limit - count
    pattern = _pattern(person)
    keys = list(islice(keys_naming(rows, *columns, person=person), limit))
    locked = list(rows.model._base_manager.filter(pk__in=keys).select_for_update(no_key=True).order_by("pk"))
    for each in locked:
        for column in columns:
            setattr(each, column, _scrubbed(getattr(each, column), person, pattern))
    if locked:
        rows.model._base_manager.bulk_update(locked, columns)
    return count + len(locked)


def keys_naming(rows: QuerySet[Any], *columns: str, person: Person) -> Iterator[int]:
    """Yield the keys of the rows that `scrub_rows` would change, in their order."""
    pattern = _pattern(person)
    named = naming(rows, *columns, person=person).order_by("pk")
    for row in named.values("pk", *columns).iterator(_READ_AT_ONCE):
        if any(_scrubbed(row[column], person, pattern) != row[column] for column in columns):
            yield row["pk"]


def rows_naming(rows: QuerySet[Any], *columns: str, person: Person) -> QuerySet[Any]:
    """Keep the rows that `scrub_rows` would change."""
    return rows.filter(pk__in=list(keys_naming(rows, *columns, person=person)))


def naming(rows: QuerySet[Any], *columns: str, person: Person) -> QuerySet[Any]:
    """Keep the rows that have an address of the person, or both parts of a name, in one of the columns; a few more than
    those that `scrub_rows` changes."""
    found = Q(pk=None)
    for column in columns:
        name = column
        if isinstance(rows.model._meta.get_field(column), JSONField):
            name = f"{column}_as_text"
            rows = rows.alias(**{name: Cast(column, TextField())})
        for email in person.emails:
            found |= Q(**{f"{name}__icontains": email})
        for first, last in _whole(person):
            found |= Q(**{f"{name}__icontains": first}) & Q(**{f"{name}__icontains": last})
    return rows.filter(found)


def _whole(person: Person) -> Iterator[tuple[str, str]]:
    yield from ((first, last) for first, last in sorted(person.names) if first and last)


def _pattern(person: Person) -> re.Pattern[str]:
    emails = [rf"(?<![\w.+-]){re.escape(email)}(?!\.?[\w-])" for email in sorted(person.emails)]
    names = [
        rf"(?<!\w){re.escape(one)}[\s,]+{re.escape(other)}(?!\w)"
        for first, last in _whole(person)
        for one, other in ((first, last), (last, first))
    ]
    return re.compile("|".join([*emails, *names]) or r"(?!)", re.IGNORECASE)


def _scrubbed(value: Any, person: Person, pattern: re.Pattern[str]) -> Any:
    if isinstance(value, str):
        return value if _is_of_namesake([value], person) else pattern.sub(GONE, value)
    if isinstance(value, list):
        return [_scrubbed(each, person, pattern) for each in value]
    if not isinstance(value, dict):
        return value
    if _is_object_of_another(value, person):
        return {
            name: each if isinstance(each, str) else _scrubbed(each, person, pattern) for name, each in value.items()
        }
    parts = _parts_named(value, person, pattern)
    return {
        name: GONE if isinstance(each, str) and each.strip().casefold() in parts else _scrubbed(each, person, pattern)
        for name, each in value.items()
    }


def _is_of_namesake(texts: Sequence[str], person: Person) -> bool:
    """Tell whether texts have an address of a namesake and none of the person."""
    if not person.their_emails:
        return False
    found = _addresses_in(texts)
    return not found.isdisjoint(person.their_emails) and found.isdisjoint(person.emails)


def _is_object_of_another(value: dict[str, Any], person: Person) -> bool:
    """Tell whether an object is about somebody else, by their address: of the same name perhaps."""
    texts = [each for each in value.values() if isinstance(each, str)]
    if _is_of_namesake(texts, person):
        return True
    email = value.get("email")
    if not (isinstance(email, str) and _ADDRESS.fullmatch(email.strip())) or _NAMES.isdisjoint(value):
        return False
    return _addresses_in(texts).isdisjoint(person.emails)


def _addresses_in(texts: Sequence[str]) -> set[str]:
    return {each.casefold() for text in texts for each in _ADDRESS.findall(text)}


def _parts_named(value: dict[str, Any], person: Person, pattern: re.Pattern[str]) -> set[str]:
    """Return the parts of names that are the person's in this object, in lower case."""
    texts = {each.strip().casefold() for each in value.values() if isinstance(each, str)}
    names = [{part.casefold() for part in name if part} for name in person.names]
    if any(pattern.search(text) for text in texts):
        return set().union(*names)
    return set().union(*(parts for parts in names if len(parts) > 1 and parts <= texts))
