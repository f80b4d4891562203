"""Reads about the seats of a customer account. People appear as this account typed them."""

from __future__ import annotations

import datetime
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypedDict

from django.db import connection
from django.db.models import Case, Count, Exists, Max, OuterRef, Prefetch, Q, QuerySet, Value, When
from django.utils import timezone

from accounts.members.models import CustomerAccount
from accounts.members.parts import Part
from accounts.teams.models import Team
from common.languages import in_reader_language
from common.moments import local_day
from enrolments.courses.groups.models import CourseGroup
from enrolments.courses.models import Course
from enrolments.grounds.models import Ground
from enrolments.scope import seats_within
from enrolments.seats.batches.models import SeatBatch
from enrolments.seats.models import ASSIGNABLE_UNTIL, IN_USE, Seat, SeatState
from enrolments.seats.waiting import ENDING, seats_ending_soon

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations


class Grounds(TypedDict):
    """Rows that are read with each seat, in one more query for all of them."""

    live_grounds: list[Ground]


@dataclass(slots=True)
class EntrySeats:
    """Number of seats of one catalogue entry by state; `name` is the entry's as it was last sold."""

    code: str
    name: str
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(SeatState.values, 0))

    @property
    def total(self) -> int:
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class SeatCounts:
    """Number of an account's seats by entry and by state."""

    entries: list[EntrySeats]
    by_state: dict[str, int]

    @property
    def total(self) -> int:
        return sum(self.by_state.values())


# Counted before the join: the seats are many, the batches few, and the index holds all columns that are counted. Then
# put right by the seats that no job has moved yet, and by those with a validity of their own: few, with indexes that
# hold no others.
COUNT_SEATS = """
WITH written AS (
    SELECT batch_id, state, count(*) AS seats FROM enrolments_seat
    WHERE account_id = %(account)s GROUP BY batch_id, state
), odd AS (
    SELECT batch_id, state, valid_until FROM enrolments_seat
    WHERE account_id = %(account)s AND state = 'assigned' AND enter_before <= %(now)s
    UNION ALL SELECT batch_id, state, valid_until FROM enrolments_seat
    WHERE account_id = %(account)s AND state = 'available' AND valid_until IS NOT NULL
), counted AS (
    SELECT batch_id, state, NULL::timestamptz AS until, seats FROM written
    UNION ALL SELECT batch_id, state, NULL, -1 FROM odd
    UNION ALL SELECT batch_id, 'available', valid_until, 1 FROM odd
), being AS (
    SELECT batch.id, batch.entry_code, batch.entry_name, counted.seats, CASE
        WHEN counted.state = 'available' AND coalesce(counted.until, batch.valid_until) <= %(now)s THEN 'expired'
        ELSE counted.state
    END AS state
    FROM counted JOIN enrolments_seatbatch batch ON batch.id = counted.batch_id
)
SELECT entry_code, state, sum(seats)::bigint, (array_agg(entry_name ORDER BY id DESC))[1]
FROM being GROUP BY entry_code, state
"""


def seat_counts(account: CustomerAccount, *, part: Part | None = None, now: datetime.datetime) -> SeatCounts:
    """Count an account's seats by entry and state, in one statement; a few more for a part. Takes longer the more seats
    there are."""
    entries: dict[str, EntrySeats] = {}
    by_state = dict.fromkeys(SeatState.values, 0)
    for code, state, number, name in _counted(account, now) if part is None else _counted_of_part(account, part, now):
        entry = entries.setdefault(code, EntrySeats(code, in_reader_language(name)))
        entry.counts[state] += number
        by_state[state] += number
    return SeatCounts(sorted(entries.values(), key=lambda entry: entry.name.casefold()), by_state)


def _counted(account: CustomerAccount, now: datetime.datetime) -> list[tuple[str, str, int, dict[str, str]]]:
    with connection.cursor() as cursor:
        cursor.execute(COUNT_SEATS, {"account": account.pk, "now": now})
        return [(code, state, number, json.loads(name)) for code, state, number, name in cursor.fetchall()]


def _counted_of_part(
    account: CustomerAccount, part: Part, now: datetime.datetime
) -> list[tuple[str, str, int, dict[str, str]]]:
    counted = seats_by_course(account, part, now=now)
    names = newest_entry_names(account.pk)
    return [(each.entry_code, each.state, each.number, names[each.entry_code]) for each in counted]


@dataclass(frozen=True, slots=True)
class Counted:
    """Number of seats of one entry in one state; `course_id` is where those in use are used. `batch_id` is the one
    bought last."""

    entry_code: str
    state: str
    course_id: int | None
    number: int
    batch_id: int


def seats_by_course(account: CustomerAccount | int, part: Part, *, now: datetime.datetime) -> list[Counted]:
    """Count the seats of a part of an account as they are at a moment, by entry, state and course."""
    free = When(state=SeatState.ASSIGNED, enter_before__lte=now, then=Value(SeatState.AVAILABLE.value))
    seats = seats_within(Seat.objects.filter(account=account), account, part).annotate(
        until=ASSIGNABLE_UNTIL, written=Case(free, default="state")
    )
    over = When(written=SeatState.AVAILABLE, until__lte=now, then=Value(SeatState.EXPIRED.value))
    counted = (
        seats.annotate(being=Case(over, default="written"))
        .annotate(used_in=Case(When(being__in=IN_USE, then="course_id"), default=None))
        .order_by()
        .values_list("batch__entry_code", "being", "used_in")
        .annotate(seats=Count("pk"), latest=Max("batch_id"))
    )
    return [Counted(*row) for row in counted.order_by("latest", "batch__entry_code", "being", "used_in")]


@dataclass(frozen=True, slots=True)
class SeatsToFill:
    """Free seats of one order line that can still be filled; `session_id` is their session's, None in a pack."""

    number: int
    session_id: int | None
    entry_code: str


def seats_to_fill(*, order_id: int, now: datetime.datetime) -> dict[int, SeatsToFill]:
    """Return the seats of an order that wait for somebody, by the id of their line, without those that the merchant
    gave to others. One statement."""
    batches = SeatBatch.objects.filter(order_id=order_id, given_from=None).filter(
        Q(course__isnull=True) | Q(course__last_day__isnull=True) | Q(course__last_day__gte=local_day(now))
    )
    free = Seat.objects.assignable_at(now).filter(batch__in=batches)
    counted = (
        free.order_by().values_list("batch__line_id", "batch__group_id", "batch__entry_code").annotate(Count("pk"))
    )
    return {line_id: SeatsToFill(number, session_id, code) for line_id, session_id, code, number in counted}


@dataclass(frozen=True, slots=True)
class SeatChoices:
    """Choices that narrow down an account's list of seats: names by entry code, and courses."""

    entries: dict[str, str]
    courses: list[Course]


def seat_choices(account: CustomerAccount, part: Part | None = None) -> SeatChoices:
    """Return the entries an account has seats of, and the courses it has used them in: of a part, those of its seats.

    Two statements, a few more for a part. For the whole account neither reads a seat: a person placed on a seat belongs
    to the group that the seat's order has in the course, so the groups give the courses.
    """
    names, courses = newest_entry_names(account.pk), courses_used(account)
    if part is not None:
        within = seats_within(Seat.objects.filter(account=account), account, part).order_by()
        codes = set(within.values_list("batch__entry_code", flat=True).distinct())
        names = {code: name for code, name in names.items() if code in codes}
        courses = courses.filter(pk__in=within.filter(course__isnull=False).values("course"))
    entries = {code: in_reader_language(name) for code, name in names.items()}
    return SeatChoices(
        entries=dict(sorted(entries.items(), key=lambda entry: entry[1].casefold())),
        courses=list(courses),
    )


def newest_entry_names(account_id: int) -> dict[str, dict[str, str]]:
    """Return the names, by language, of the entries of which an account has seats, as they were last sold."""
    batches = SeatBatch.objects.filter(account=account_id).order_by("entry_code", "-pk").distinct("entry_code")
    return dict(batches.values_list("entry_code", "entry_name"))


def courses_used(account: CustomerAccount) -> QuerySet[Course]:
    """Return the courses that an account has placed people in, or holds a session in, by name."""
    groups = CourseGroup.objects.filter(account=account, course=OuterRef("pk"))
    return Course.objects.filter(Exists(groups)).order_by("sort_name", "pk")


def seats_of(
    account: CustomerAccount,
    *,
    state: str = "",
    entry_code: str = "",
    course: Course | None = None,
    session_id: int | None = None,
    team: Team | None = None,
    now: datetime.datetime | None = None,
) -> QuerySet[WithAnnotations[Seat, Grounds]]:
    """Return the seats of an account, filtered by the arguments, with a list's data; live grounds as `live_grounds`.

    `state` is that of the seats at `now` (None: this moment), and takes one statement more; ENDING are the free ones
    that can be assigned for 30 days at most.
    """
    seats = (
        Seat.objects.filter(account=account)
        .select_related("batch", "course", "role", "enrolment__role", "team")
        .prefetch_related(Prefetch("grounds", queryset=Ground.objects.live(), to_attr="live_grounds"))
    )
    if state == ENDING:
        ending = seats_ending_soon(account.pk, now or timezone.now())
        seats = seats.filter(pk__in=ending.order_by().values("pk"))
    elif state:
        now = now or timezone.now()
        # The index by state gives the list at once, but for what the jobs have not written down yet.
        seats = seats.being(state, now) if _wait_for_a_job(account, now) else seats.filter(state=state)
    if entry_code:
        seats = seats.filter(batch__in=SeatBatch.objects.filter(account=account, entry_code=entry_code))
    if course is not None:
        seats = seats.filter(course=course)
    if session_id is not None:
        seats = seats.filter(batch__in=SeatBatch.objects.filter(account=account, group_id=session_id))
    if team is not None:
        seats = seats.filter(team=team)
    return seats


def _wait_for_a_job(account: CustomerAccount, now: datetime.datetime) -> bool:
    """Tell whether an account has seats that are in another state than the one written down."""
    free = Seat.objects.filter(state=SeatState.AVAILABLE)
    over = free.filter(batch__in=SeatBatch.objects.filter(account=account, valid_until__lte=now))
    over_before = free.filter(account=account, valid_until__lte=now)
    lapsed = Seat.objects.lapsed_at(now).filter(account=account)
    return lapsed.union(over, over_before, all=True).exists()


def last_moment(seat: WithAnnotations[Seat, Grounds]) -> datetime.datetime | None:
    """Return the moment until which a free seat can be assigned, or a taken one enrols its person; None without limit.

    For a taken seat this is the end of its own ground, not of the enrolment, which other purchases may extend. Expects
    the seat's live grounds as `live_grounds`.
    """
    if seat.state == SeatState.AVAILABLE:
        return seat.assignable_until
    return next((ground.ends_at for ground in seat.live_grounds if ground.kind == Ground.Kind.SEAT), None)


# The seats that no job has moved yet are few, and found by indexes that hold no others.
BY_STATE = """
WITH unwritten AS (
    SELECT seat.state, coalesce(seat.valid_until, batch.valid_until) AS until
    FROM enrolments_seat seat JOIN enrolments_seatbatch batch ON batch.id = seat.batch_id
    WHERE seat.state = 'assigned' AND seat.enter_before <= %(now)s
    UNION ALL SELECT state, valid_until FROM enrolments_seat
    WHERE state = 'available' AND people_list_id IS NULL AND valid_until <= %(now)s
    UNION ALL SELECT seat.state, batch.valid_until
    FROM enrolments_seatbatch batch JOIN enrolments_seat seat ON seat.batch_id = batch.id AND seat.state = 'available'
    WHERE batch.valid_until <= %(now)s AND seat.valid_until IS NULL AND seat.people_list_id IS NULL
), counted AS (
    SELECT state, count(*) AS seats FROM enrolments_seat GROUP BY state
    UNION ALL SELECT state, -count(*) FROM unwritten GROUP BY state
    UNION ALL SELECT CASE WHEN until <= %(now)s THEN 'expired' ELSE 'available' END, count(*) FROM unwritten GROUP BY 1
)
SELECT state, sum(seats)::bigint FROM counted GROUP BY state
"""


def seats_by_state(*, now: datetime.datetime) -> dict[SeatState, int]:
    """Count the whole shop's seats by the state they are in; every state is there, in the order of a seat's life. One
    query."""
    with connection.cursor() as cursor:
        cursor.execute(BY_STATE, {"now": now})
        counts = dict(cursor.fetchall())
    return {state: counts.get(state, 0) for state in SeatState}
