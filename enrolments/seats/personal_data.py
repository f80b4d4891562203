"""Seats of a person, and what was written as the reason of their moves."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from common.personal_data import Person, Record, hold, records
from common.scrubbing import scrub_rows
from enrolments.seats.history.models import SeatEvent
from enrolments.seats.models import Seat, SeatState
from enrolments.seats.reasons import SeatReason
from enrolments.seats.release import release_seats


def seats(person: Person) -> Iterator[Record]:
    rows = Seat.objects.filter(person_id=person.key).order_by("pk")
    yield from records(rows, "account__name", "batch__entry_code", "course__name", "state", "assigned_at")


def release_and_scrub(person: Person, now: datetime, limit: int) -> int:
    """Free the seats that the person has not used, for the account that paid, and scrub reasons that name them."""
    unused = Seat.objects.filter(person_id=person.key, state=SeatState.ASSIGNED).select_related("account")
    first = unused.order_by("account_id", "pk").first()
    if first is not None:
        keys = unused.filter(account=first.account).order_by("pk").values_list("pk", flat=True)[:limit]
        released = release_seats(
            account=first.account,
            seats=dict.fromkeys(keys),
            actor=None,
            now=now,
            reason=SeatReason.PERSON_ERASED,
            is_told=False,
        )
        # Seats that were moved in this moment are looked at once more.
        return len(released.seats) + len(released.refused)
    theirs = Q(person__in=person.namesakes)
    return scrub_rows(SeatEvent.objects.all(), "reason", person=person, limit=limit, theirs=theirs)


hold(
    "seats",
    _("Your seats"),
    columns={"enrolments.seatevent": ("reason",)},
    describe=seats,
    blank=release_and_scrub,
)
