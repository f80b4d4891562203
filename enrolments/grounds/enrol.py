"""Enrolments and the grounds they stand on.

A ground is the reason why a person is in a course. The first ground opens the enrolment, the end of the last one closes
it, and the period of the enrolment spans its live grounds: earliest start, latest end, no end if one ground has none.
Every change leaves an event, with the jobs that must follow it (`enrolments.events`).

Grounds are written under the row lock of the course, so no other transaction opens or closes enrolments there
meanwhile.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models.expressions import Combinable

from accounts.people.models import User
from enrolments.courses.groups.models import CourseGroup
from enrolments.courses.models import Course
from enrolments.courses.places.services import lock_course
from enrolments.courses.roles.models import Role
from enrolments.events.services import write_enrolment_events
from enrolments.grounds.members import members_of
from enrolments.grounds.models import Enrolment, EnrolmentEvent, Ground
from enrolments.grounds.opening import FoundOrOpened, Person, find_or_open
from enrolments.grounds.periods import derive_periods, period_detail
from enrolments.seats.models import Seat
from enrolments.values import LineRef, Period


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


def write_grounds(*, found: FoundOrOpened, grounds: Sequence[NewGround], now: datetime.datetime) -> None:
    """Run the second half of `add_grounds`: write the grounds, the periods that follow from them, and all events."""
    enrolments = found.enrolments
    joining = {(ground.group_id, ground.user_id): ground for ground in grounds if ground.group_id is not None}
    members = members_of(pair for pair in joining if pair[1] in found.present_user_ids)
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
            detail=period_detail(enrolment.starts_at, enrolment.ends_at),
        )
        for enrolment in found.opened
    ]
    events += derive_periods({row.enrolment_id for row in rows} - {row.pk for row in found.opened}, now)
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
    write_enrolment_events(derive_periods({ground.enrolment_id for ground in longer}, now))


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
