"""Reads about the seats of a customer account. What they show of people is what this account typed."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field

from django.conf import settings
from django.db.models import Count, Prefetch, QuerySet
from django.utils.translation import get_language

from accounts.models import CustomerAccount
from enrolments.models import Course, Ground, Seat, SeatBatch, SeatState


@dataclass(slots=True)
class EntrySeats:
    """How many seats of one catalogue entry are in which state; `name` is the entry's as it was last sold."""

    code: str
    name: str
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(SeatState.values, 0))

    @property
    def total(self) -> int:
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class SeatCounts:
    """The seats of an account by entry and by state, and the courses they are used or bound in."""

    entries: list[EntrySeats]
    by_state: dict[str, int]
    courses: list[Course]

    @property
    def total(self) -> int:
        return sum(self.by_state.values())


def seat_counts(account: CustomerAccount) -> SeatCounts:
    """Counts derived from the seats themselves, in three statements whatever their number."""
    rows = (
        Seat.objects.filter(account=account)
        .order_by()
        .values_list("batch_id", "state", "course_id")
        .annotate(number=Count("pk"))
    )
    batches = {batch.pk: batch for batch in SeatBatch.objects.filter(account=account).order_by("pk")}
    entries: dict[str, EntrySeats] = {}
    by_state = dict.fromkeys(SeatState.values, 0)
    course_ids = set()
    for batch_id, state, course_id, number in rows:
        batch = batches[batch_id]
        entry = entries.setdefault(batch.entry_code, EntrySeats(batch.entry_code, in_language(batch.entry_name)))
        entry.counts[state] += number
        by_state[state] += number
        if course_id is not None:
            course_ids.add(course_id)
    courses = list(Course.objects.filter(pk__in=course_ids).order_by("short_name"))
    return SeatCounts(sorted(entries.values(), key=lambda entry: entry.name.casefold()), by_state, courses)


def seats_of(
    account: CustomerAccount,
    *,
    state: str = "",
    entry_code: str = "",
    course: Course | None = None,
    session_id: int | None = None,
) -> QuerySet[Seat]:
    """The seats of an account, some of them if told, with what a list shows; their live grounds as `live_grounds`."""
    seats = (
        Seat.objects.filter(account=account)
        .select_related("batch", "course", "role", "enrolment__role")
        .prefetch_related(Prefetch("grounds", queryset=Ground.objects.live(), to_attr="live_grounds"))
    )
    if state:
        seats = seats.filter(state=state)
    if entry_code:
        seats = seats.filter(batch__in=SeatBatch.objects.filter(account=account, entry_code=entry_code))
    if course is not None:
        seats = seats.filter(course=course)
    if session_id is not None:
        seats = seats.filter(batch__in=SeatBatch.objects.filter(account=account, group_id=session_id))
    return seats


def in_language(texts: Mapping[str, str]) -> str:
    """The text of a frozen name in the reader's language, or in whichever there is."""
    for language in (get_language() or "", settings.LANGUAGE_CODE):
        if texts.get(language):
            return texts[language]
    return next((text for text in texts.values() if text), "")


def last_moment(seat: Seat) -> datetime.datetime | None:
    """Until when a free seat can be assigned, or the person on it was enrolled by this seat; None without limit.

    The end of the seat's own ground, not of the enrolment, which others may have paid for to last longer. Expects the
    seat's live grounds as `live_grounds`.
    """
    if seat.state == SeatState.AVAILABLE:
        return seat.batch.valid_until
    return next((ground.ends_at for ground in seat.live_grounds if ground.kind == Ground.Kind.SEAT), None)  # type: ignore[attr-defined]
