"""Traces of people in texts: names and addresses, found and taken out, whatever else the texts tell."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from django.db import IntegrityError, models, transaction

from common.personal_data import Person
from common.search import normalise

IN_PLACE = "[…]"
# Two letters are found in too many words to be a name.
SHORTEST = 3


def traces_of(person: Person) -> frozenset[str]:
    """Return what tells of a person wherever it stands: addresses and whole names."""
    return person.emails | person.names


def naming(columns: Collection[str], traces: Collection[str]) -> models.Q:
    """Return the condition that one of some columns of text holds a trace, wherever in it."""
    found = models.Q(pk=None)
    for column in columns:
        for trace in traces:
            found |= models.Q(**{f"{column}__icontains": trace})
    return found


def without(text: str, traces: Collection[str]) -> str:
    """Return the text with `IN_PLACE` wherever a trace stands as words of its own, whatever its accents, case and
    blanks."""
    folded, places = _folded(text)
    spans = sorted(
        (places[found.start()], places[found.end() - 1] + 1)
        for pattern in _patterns(traces)
        for found in re.finditer(pattern, folded)
    )
    parts, end = [], 0
    for start, stop in spans:
        if start >= end:
            parts += [text[end:start], IN_PLACE]
        end = max(end, stop)
    return "".join([*parts, text[end:]])


def without_in(value: Any, traces: Collection[str]) -> Any:
    """Return a value of JSON with its texts as `without` returns them; keys stay."""
    if isinstance(value, str):
        return without(value, traces)
    if isinstance(value, list):
        return [without_in(part, traces) for part in value]
    return {key: without_in(part, traces) for key, part in value.items()} if isinstance(value, dict) else value


def mask(rows: models.QuerySet[Any], column: str, traces: Collection[str], *, limit: int | None = None) -> int:
    """Write texts of a column anew without the traces, at most so many; return their number.

    Locks the rows changed. A text that has to be the only one of its kind, such as a reference, is followed by the key
    of its row where it would not be any more.
    """
    count = 0
    for key, value in rows.order_by("pk").values_list("pk", column):
        if count == limit:
            break
        masked = without_in(value, traces)
        if masked == value:
            continue
        row = rows.model._base_manager.filter(pk=key)
        try:
            with transaction.atomic():
                row.update(**{column: masked})
        except IntegrityError:
            row.update(**{column: f"{masked} {key}"})
        count += 1
    return count


def _folded(text: str) -> tuple[str, list[int]]:
    """Return the text as it is searched, and for each of its signs the place in `text` that it comes from."""
    signs = [(sign, place) for place, typed in enumerate(text) for sign in (normalise(typed) or " " * typed.isspace())]
    return "".join(sign for sign, _place in signs), [place for _sign, place in signs]


def _patterns(traces: Iterable[str]) -> Iterator[str]:
    for trace in traces:
        words = normalise(trace).split()
        if len("".join(words)) < SHORTEST:
            continue
        # A longer address may end or begin like this one.
        beside = r"[\w.+-]" if "@" in trace else r"\w"
        yield rf"(?<!{beside}){' +'.join(map(re.escape, words))}(?!\w)"
