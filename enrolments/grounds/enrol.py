"""Enrolments and the grounds they stand on.

A ground is the reason why a person is in a course. The first ground opens the enrolment, the end of the last one closes
it, and the period of the enrolment spans its live grounds: earliest start, latest end, no end if one ground has none.
Every change leaves an event, with the jobs that must follow it (`enrolments.events`).

Grounds are written under the row lock of the course, so no other transaction opens or closes enrolments there
meanwhile.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypedDict, cast

from django.db import connection, transaction
from django.db.models import QuerySet
from django.db.models.expressions import Combinable
from django.utils.translation import gettext_lazy as _

from accounts.people.models import User
from common.moments import day_ends, day_starts, days_later
from common.refusals import Refused
from enrolments.courses.groups.models import CourseGroup
from enrolments.courses.models import Course
from enrolments.courses.places.services import lock_course, lock_courses
from enrolments.courses.roles.models import Role
from enrolments.events.services import write_enrolment_events
from enrolments.grounds.models import Enrolment, EnrolmentEvent, Ground
from enrolments.grounds.told import Lost, tell_lost
from enrolments.seats.models import Seat
from enrolments.seats.reasons import SeatReason
from enrolments.values import LineRef, Period, Terms

if TYPE_CHECKING:
    from django.db.models.query import RawQuerySet
    from django_stubs_ext import WithAnnotations


class Opened(TypedDict):
    """Columns that `FIND_OR_OPEN` adds to each row."""

    is_opened: bool


class TellLost(Protocol):
    def __call__(self, *, lost: Sequence[Lost], now: datetime.datetime) -> None: ...


class PeriodOver(Refused):
    """Refusal when the terms sold, or the course itself, end before the enrolment could begin."""

    message = _("The period in which this could be used is over.")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewGround:
    """Ground to add; its kind decides which references it needs (`enrolments_ground_shape`).

    `unit_id` is the row of the unit `unit_index`, for the release before this one; None where there is no such row.
    """

    user_id: int
    role_id: int
    kind: str
    period: Period
    account_id: int | None = None
    order_id: int | None = None
    order_number: str = ""
    line_id: int | None = None
    unit_index: int | None = None
    unit_id: int | Combinable | None = None
    seat_id: int | None = None
    group_id: int | None = None
    qualification_months: int | None = None

    @classmethod
    def of_line(
        cls,
        line: LineRef,
        *,
        user: User,
        role: Role,
        kind: str,
        period: Period,
        unit_index: int | None = None,
        unit_id: int | Combinable | None = None,
        group: CourseGroup | None = None,
    ) -> NewGround:
        """Make a ground that stands on an order line and on no seat of it."""
        return cls(
            user_id=user.pk,
            role_id=role.pk,
            kind=kind,
            period=period,
            account_id=line.account_id,
            order_id=line.order_id,
            order_number=line.order_number,
            line_id=line.line_id,
            unit_index=unit_index,
            unit_id=unit_id,
            group_id=group.pk if group else None,
        )

    @classmethod
    def of_seat(cls, seat: Seat, *, user_id: int, role_id: int, period: Period, group_id: int) -> NewGround:
        """Make the ground of the person on a seat."""
        batch = seat.batch
        return cls(
            user_id=user_id,
            role_id=role_id,
            kind=Ground.Kind.SEAT,
            period=period,
            account_id=seat.account_id,
            order_id=batch.order_id,
            order_number=batch.order_number,
            line_id=batch.line_id,
            unit_index=seat.unit_index,
            unit_id=seat.unit_id,
            seat_id=seat.pk,
            group_id=group_id,
        )


Person = tuple[int, int]  # user and role: one open enrolment of a course is found by them


def enrolment_period(*, course: Course, now: datetime.datetime, terms: Terms) -> Period:
    """Return the period of an enrolment made now.

    It starts at the latest of now, the start sold and the course's first day; it ends at the earliest of the end sold,
    start + duration, and the course's last day. Raises PeriodOver when nothing is left of it.
    """
    starts = [now]
    if terms.starts_at is not None:
        starts.append(terms.starts_at)
    if course.first_day is not None:
        starts.append(day_starts(course.first_day))
    starts_at = max(starts)

    ends = []
    if terms.ends_at is not None:
        ends.append(terms.ends_at)
    if terms.duration_days is not None:
        ends.append(days_later(starts_at, terms.duration_days))
    if course.last_day is not None:
        ends.append(day_ends(course.last_day))
    ends_at = min(ends, default=None)

    if ends_at is not None and ends_at <= starts_at:
        raise PeriodOver
    return Period(starts_at, ends_at)


def add_grounds(*, course: Course, grounds: Sequence[NewGround], now: datetime.datetime) -> dict[Person, Enrolment]:
    """Add grounds for people in a course; open the enrolments that are missing, extend the others.

    Returns the enrolments by (user, role). A ground that is there already (same line and person, or the merchant's) is
    left as it is. Locks the course. At most seven statements, whatever the number of grounds. Places are not checked:
    the caller does that, who knows whether one was held.
    """
    with transaction.atomic(savepoint=False):
        return put_grounds(course=lock_course(course), grounds=grounds, now=now)


def put_grounds(*, course: Course, grounds: Sequence[NewGround], now: datetime.datetime) -> dict[Person, Enrolment]:
    """Like `add_grounds`, in the caller's transaction and under the course's lock, which the caller has."""
    found = find_or_open(
        course=course, people=[(ground.user_id, ground.role_id, ground.period) for ground in grounds], now=now
    )
    write_grounds(found=found, grounds=grounds, now=now)
    return found.enrolments


def end_grounds(
    *,
    grounds: QuerySet[Ground],
    reason: str,
    now: datetime.datetime,
    is_told: bool = True,
    tell: TellLost = tell_lost,
) -> int:
    """End live grounds; close the enrolments left without any, shorten the others. Return the number of grounds ended.

    Learners and tutors who lose the course by it, or the last days of it, are mailed (`enrolments.grounds.told`),
    unless `is_told` is unset: nobody has told them of it. `tell` mails them for a caller that tells more. Locks the
    courses concerned. A constant number of statements for each account.
    """
    live = grounds.filter(ended_at__isnull=True)
    course_ids = set(live.order_by().values_list("enrolment__course_id", flat=True))
    with transaction.atomic(savepoint=False):
        lock_courses(course_ids)
        ending = list(
            live.filter(enrolment__course_id__in=course_ids)
            .order_by("pk")
            .values_list("pk", "enrolment_id", "enrolment__user_id", "group_id")
        )
        if not ending:
            return 0
        before = _what_they_give([pk for pk, *_rest in ending])
        Ground.objects.filter(pk__in=[pk for pk, *_rest in ending]).update(ended_at=now, ended_reason=reason)
        events = _derive_periods({enrolment_id for _pk, enrolment_id, *_rest in ending}, now)
        if is_told:
            _tell_lost(before, events, now, tell, is_late=reason == SeatReason.LAPSED)
        in_group = {
            (group_id, user_id): enrolment_id for _pk, enrolment_id, user_id, group_id in ending if group_id is not None
        }
        remaining = _members(in_group)
        events += [
            EnrolmentEvent(
                enrolment_id=enrolment_id,
                at=now,
                what=EnrolmentEvent.What.GROUP_LEFT,
                detail={"group": group_id},
            )
            for (group_id, user_id), enrolment_id in in_group.items()
            if (group_id, user_id) not in remaining
        ]
        write_enrolment_events(events)
    return len(ending)


def let_last(*, ends: Mapping[int, datetime.datetime | None], now: datetime.datetime) -> None:
    """Let live grounds last until later moments, by key (None: without end); nothing becomes shorter by it.

    Expects the courses' locks. A constant number of statements.
    """
    longer = []
    for ground in Ground.objects.live().filter(pk__in=ends, ends_at__isnull=False):
        until = ends[ground.pk]
        if until is None or (ground.ends_at is not None and until > ground.ends_at):
            ground.ends_at = until
            longer.append(ground)
    Ground.objects.bulk_update(longer, ["ends_at"])
    write_enrolment_events(_derive_periods({ground.enrolment_id for ground in longer}, now))


# Supervisors and customers of a support course lose these with what they did or bought, of which they are told.
_TOLD = (Ground.Kind.SEAT, Ground.Kind.LINE, Ground.Kind.MERCHANT)


def _what_they_give(ground_ids: Collection[int]) -> list[Ground]:
    """Return those of the grounds whose end people are told of, with the enrolments as they are now."""
    told = Ground.objects.filter(pk__in=ground_ids, kind__in=_TOLD, enrolment__user__is_active=True)
    return list(told.select_related("account", "enrolment__course", "enrolment__user").order_by("pk"))


def _tell_lost(
    ended: Sequence[Ground],
    events: Sequence[EnrolmentEvent],
    now: datetime.datetime,
    tell: TellLost,
    *,
    is_late: bool,
) -> None:
    """Tell people of the courses they lost, or lost earlier than they knew, with these grounds."""
    changed = {event.enrolment_id: event for event in events}
    concerned = [ground for ground in ended if ground.enrolment_id in changed]
    if not concerned:
        return
    users = {ground.enrolment.user_id for ground in concerned}
    courses = {ground.enrolment.course_id for ground in concerned}
    still = Enrolment.objects.taking_places().filter(user__in=users, course__in=courses).order_by("pk")
    ends: dict[tuple[int, int], list[datetime.datetime | None]] = {}
    for user_id, course_id, ends_at in still.values_list("user_id", "course_id", "ends_at"):
        ends.setdefault((user_id, course_id), []).append(ends_at)
    lost: dict[tuple[int, int], Lost] = {}
    for ground in concerned:
        before = ground.enrolment
        left = ends.get((before.user_id, before.course_id), [])
        until = None if None in left else max((end for end in left if end is not None), default=now)
        is_over = before.ends_at is not None and before.ends_at <= now
        if is_over or until is None or (before.ends_at is not None and until >= before.ends_at):
            continue
        lost.setdefault(
            (before.user_id, before.course_id),
            Lost(
                user=before.user,
                course=before.course,
                account=ground.account,
                until=until if until > now else None,
                key=str(ground.pk),
                is_late=is_late,
            ),
        )
    tell(lost=list(lost.values()), now=now)


@dataclass(frozen=True, slots=True)
class FoundOrOpened:
    """Enrolments that are about to get grounds; those just opened have none yet."""

    enrolments: dict[Person, Enrolment]
    opened: tuple[Enrolment, ...]
    present_user_ids: frozenset[int]  # people with an open enrolment in the course before, in whatever role


def record_first_entry(*, enrolments: Iterable[Enrolment], now: datetime.datetime) -> None:
    """Record the moment of a person's first entry into a course, once for each of their enrolments there.

    The caller has read the enrolments under their row locks; those with an entry already are left alone.
    """
    first = [enrolment for enrolment in enrolments if enrolment.first_entered_at is None]
    if not first:
        return
    Enrolment.objects.filter(pk__in=[enrolment.pk for enrolment in first]).update(first_entered_at=now)
    write_enrolment_events(
        EnrolmentEvent(enrolment=enrolment, at=now, what=EnrolmentEvent.What.ENTERED) for enrolment in first
    )


# Open enrolments are looked up in the same statement as the insert: under the course's lock nobody else opens any
# meanwhile, and a writer without the lock is stopped by the unique index.
FIND_OR_OPEN = """
WITH wanted AS (
    SELECT * FROM unnest(%(users)s::bigint[], %(roles)s::bigint[], %(starts)s::timestamptz[], %(ends)s::timestamptz[])
        AS wanted (user_id, role_id, starts_at, ends_at)
), present AS (
    SELECT enrolment.* FROM enrolments_enrolment enrolment
    WHERE enrolment.course_id = %(course)s AND enrolment.user_id = ANY(%(users)s::bigint[])
        AND enrolment.closed_at IS NULL
), opened AS (
    INSERT INTO enrolments_enrolment (course_id, user_id, role_id, starts_at, ends_at, opened_at)
    SELECT %(course)s, user_id, role_id, starts_at, ends_at, %(now)s FROM wanted
    WHERE (user_id, role_id) NOT IN (SELECT user_id, role_id FROM present)
    ORDER BY user_id, role_id
    RETURNING *
)
SELECT *, false AS is_opened FROM present UNION ALL SELECT *, true FROM opened
"""


def find_or_open(*, course: Course, people: Iterable[tuple[int, int, Period]], now: datetime.datetime) -> FoundOrOpened:
    """Run the first half of `add_grounds`, for callers that need the enrolments first, as a new seat does.

    `people` are user, role and the period of the ground to come. Expects the course's lock; the caller also calls
    `write_grounds` in the same transaction, since no open enrolment without a ground may be seen. One statement.
    """
    wanted: dict[Person, Period] = {}
    for user_id, role_id, period in people:
        before = wanted.get((user_id, role_id), period)
        wanted[user_id, role_id] = together(before, period)
    if not wanted:
        return FoundOrOpened(enrolments={}, opened=(), present_user_ids=frozenset())
    found = Enrolment.objects.raw(
        FIND_OR_OPEN,
        {
            "course": course.pk,
            "users": [user_id for user_id, _role in wanted],
            "roles": [role_id for _user, role_id in wanted],
            "starts": [period.starts_at for period in wanted.values()],
            "ends": [period.ends_at for period in wanted.values()],
            "now": now,
        },
    )
    rows = cast("RawQuerySet[WithAnnotations[Enrolment, Opened]]", found)
    enrolments = {(enrolment.user_id, enrolment.role_id): enrolment for enrolment in rows}
    return FoundOrOpened(
        enrolments={person: enrolments[person] for person in wanted},
        opened=tuple(enrolment for _person, enrolment in sorted(enrolments.items()) if enrolment.is_opened),
        present_user_ids=frozenset(row.user_id for row in enrolments.values() if not row.is_opened),
    )


def write_grounds(*, found: FoundOrOpened, grounds: Sequence[NewGround], now: datetime.datetime) -> None:
    """Run the second half of `add_grounds`: write the grounds, the periods that follow from them, and all events."""
    enrolments = found.enrolments
    joining = {(ground.group_id, ground.user_id): ground for ground in grounds if ground.group_id is not None}
    members = _members(pair for pair in joining if pair[1] in found.present_user_ids)
    rows = [
        Ground(
            enrolment=enrolments[ground.user_id, ground.role_id],
            kind=ground.kind,
            account_id=ground.account_id,
            order_id=ground.order_id,
            order_number=ground.order_number,
            line_id=ground.line_id,
            unit_index=ground.unit_index,
            unit_id=ground.unit_id,
            seat_id=ground.seat_id,
            group_id=ground.group_id,
            starts_at=ground.period.starts_at,
            ends_at=ground.period.ends_at,
            qualification_months=ground.qualification_months,
            created_at=now,
        )
        for ground in grounds
    ]
    # A seat's ground that is there already is a fault, so it raises; a line's is the second run of a delivery, so it is
    # ignored.
    Ground.objects.bulk_create([row for row in rows if row.seat_id is not None])
    Ground.objects.bulk_create([row for row in rows if row.seat_id is None], ignore_conflicts=True)
    events = [
        EnrolmentEvent(
            enrolment=enrolment,
            at=now,
            what=EnrolmentEvent.What.OPENED,
            detail=_period_detail(enrolment.starts_at, enrolment.ends_at),
        )
        for enrolment in found.opened
    ]
    events += _derive_periods({row.enrolment_id for row in rows} - {row.pk for row in found.opened}, now)
    events += [
        EnrolmentEvent(
            enrolment=enrolments[ground.user_id, ground.role_id],
            at=now,
            what=EnrolmentEvent.What.GROUP_JOINED,
            detail={"group": ground.group_id},
        )
        for pair, ground in joining.items()
        if pair not in members
    ]
    write_enrolment_events(events)


DERIVE_PERIODS = """
UPDATE enrolments_enrolment enrolment
SET starts_at = coalesce(standing.starts_at, enrolment.starts_at),
    ends_at = CASE WHEN standing.count = 0 THEN enrolment.ends_at ELSE standing.ends_at END,
    closed_at = CASE WHEN standing.count = 0 THEN %(now)s END
FROM (
    SELECT wanted.id, count(live.id) AS count, min(live.starts_at) AS starts_at,
        CASE WHEN bool_and(live.ends_at IS NOT NULL) THEN max(live.ends_at) END AS ends_at
    FROM unnest(%(ids)s::bigint[]) AS wanted (id)
    LEFT JOIN enrolments_ground live ON live.enrolment_id = wanted.id AND live.ended_at IS NULL
    GROUP BY wanted.id
) AS standing
WHERE enrolment.id = standing.id AND enrolment.closed_at IS NULL
    AND (
        standing.count = 0
        OR enrolment.starts_at <> standing.starts_at
        OR enrolment.ends_at IS DISTINCT FROM standing.ends_at
    )
RETURNING enrolment.id, enrolment.starts_at, enrolment.ends_at, enrolment.closed_at IS NOT NULL
"""


def _derive_periods(enrolment_ids: set[int], now: datetime.datetime) -> list[EnrolmentEvent]:
    """Bring enrolments in line with their live grounds; return the events of those that changed, not yet saved."""
    if not enrolment_ids:
        return []
    with connection.cursor() as cursor:
        cursor.execute(DERIVE_PERIODS, {"ids": sorted(enrolment_ids), "now": now})
        changed = cursor.fetchall()
    return [
        EnrolmentEvent(
            enrolment_id=enrolment_id,
            at=now,
            what=EnrolmentEvent.What.CLOSED if is_closed else EnrolmentEvent.What.CHANGED,
            detail={} if is_closed else _period_detail(starts_at, ends_at),
        )
        for enrolment_id, starts_at, ends_at, is_closed in sorted(changed)
    ]


def _members(pairs: Iterable[tuple[int, int]]) -> set[tuple[int, int]]:
    """Return those (group, user) pairs whose user is in the group now, by a live ground."""
    pairs = set(pairs)
    if not pairs:
        return set()
    live = Ground.objects.live().filter(
        group_id__in={group_id for group_id, _user in pairs}, enrolment__user_id__in={user for _group, user in pairs}
    )
    return set(live.order_by().values_list("group_id", "enrolment__user_id").distinct())


def together(one: Period, other: Period) -> Period:
    """Return the period that spans both. It is to be entered as early as one of them is."""
    ends = (one.ends_at, other.ends_at)
    known = [moment for moment in ends if moment is not None]
    enter = [moment for moment in (one.enter_before, other.enter_before) if moment is not None]
    ends_at = max(known) if len(known) == len(ends) else None
    return Period(min(one.starts_at, other.starts_at), ends_at, min(enter, default=None))


def _period_detail(starts_at: datetime.datetime, ends_at: datetime.datetime | None) -> dict[str, str | None]:
    return {
        "starts_at": starts_at.astimezone(datetime.UTC).isoformat(),
        "ends_at": None if ends_at is None else ends_at.astimezone(datetime.UTC).isoformat(),
    }
