"""All that is held about a person, for their own page and file, and in numbers for whoever erases them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from typing import Any

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from accounts.people.models import User
from accounts.people.personal_data import PERSON
from accounts.privacy.known import known_person
from common.personal_data import HOLDINGS, Holding, Person, kept

# Records that the page shows of each holding; the file has all of them.
SHOWN = 50


@dataclass(frozen=True)
class Part:
    """Records of one holding in words: pairs of label and text. `more` tells how many others there are."""

    label: str
    records: Sequence[Sequence[tuple[str, str]]]
    more: int


@dataclass(frozen=True)
class Count:
    label: str
    count: int


def holdings() -> list[Holding]:
    """Return the holdings in the order of reading: the person first."""
    return sorted(HOLDINGS, key=lambda each: each.name != PERSON)


def parts(user: User) -> list[Part]:
    """Return all that is held about a person, in the reader's language, holdings without a record left out."""
    person = known_person(user)
    found = []
    for holding in holdings():
        records = iter(holding.describe(person))
        shown = [[(each.label, in_words(each.value)) for each in record] for record in islice(records, SHOWN)]
        if shown:
            found.append(Part(str(holding.label), shown, sum(1 for _record in records)))
    return found


def counts(person: Person) -> list[Count]:
    """Return how many records of each holding are about a person."""
    found = [Count(str(holding.label), sum(1 for _record in holding.describe(person))) for holding in holdings()]
    return [each for each in found if each.count]


def as_document(user: User, now: datetime) -> dict[str, Any]:
    """Return all that is held about a person, and what an erasure would leave, as values that JSON can hold."""
    person = known_person(user)
    held = [
        {
            "name": holding.name,
            "label": str(holding.label),
            "records": [{each.name: each.value for each in record} for record in holding.describe(person)],
        }
        for holding in holdings()
    ]
    left = [{"what": each.what, "why": each.why, "count": each.count} for each in kept(person, now)]
    return {"person": user.email, "made_at": now, "held": [each for each in held if each["records"]], "kept": left}


def in_words(value: Any) -> str:
    if value is True:
        return _("yes")
    if value is False:
        return _("no")
    if isinstance(value, datetime):
        return date_format(localtime(value), "SHORT_DATETIME_FORMAT")
    if isinstance(value, date):
        return date_format(value, "SHORT_DATE_FORMAT")
    if isinstance(value, dict):
        return " · ".join(f"{name}: {in_words(each)}" for name, each in value.items())
    if isinstance(value, list):
        return ", ".join(in_words(each) for each in value)
    return str(value)
