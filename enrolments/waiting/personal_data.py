"""Places of a person in waiting lists, as personal data: told to them, and given up when they are erased."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from common.personal_data import Person, Record, hold, records
from enrolments.waiting.models import WaitingPlace
from enrolments.waiting.services import give_up


def describe(person: Person) -> Iterable[Record]:
    rows = WaitingPlace.objects.filter(person=person.key).order_by("pk")
    return records(rows, "course__short_name", "state", "joined_at", "offered_at", "offer_ends_at", "ended_at")


def leave(person: Person, now: datetime, limit: int) -> int:
    """Give up the person's open places, one at a time under the course's lock; the rows hold no text about them."""
    place = WaitingPlace.objects.open().filter(person=person.key).order_by("pk").first()
    if place is None:
        return 0
    give_up(place=place, now=now)
    return 1


hold("waiting places", _("Your places in waiting lists"), columns={}, describe=describe, blank=leave)
