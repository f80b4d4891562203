"""Seats of a training session: declared people, and blanks to be filled later."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from accounts.people.models import User
from enrolments.courses.groups.models import CourseGroup
from enrolments.courses.groups.services import order_group
from enrolments.courses.models import Course
from enrolments.courses.places.services import CourseOver, claim_in, lock_course, refuse_overfull, release_hold_in
from enrolments.courses.roles.models import Role
from enrolments.grounds.already import already_enrolled
from enrolments.grounds.enrol import NewGround, write_grounds
from enrolments.grounds.opening import find_or_open
from enrolments.grounds.periods import enrolment_period
from enrolments.seats.batches.models import REMIND_DAYS, SeatBatch
from enrolments.seats.history.models import SeatEvent
from enrolments.seats.models import Seat, SeatState
from enrolments.seats.reasons import SeatReason
from enrolments.unit_rows import row_of
from enrolments.values import AlreadyEnrolled, EntryRef, LineRef, Period, Terms


@dataclass(frozen=True, slots=True)
class SessionPlace:
    """Unit of the line: a person with the role they were declared with, or a blank without either."""

    unit_index: int
    role: Role | None = None
    user: User | None = None


@dataclass(frozen=True, slots=True)
class SessionSeats:
    """Result of a delivery. `already` are the people who were in the course before, on a ground of this account."""

    batch: SeatBatch
    group: CourseGroup
    period: Period
    already: tuple[AlreadyEnrolled, ...]


def create_session_seats(
    *,
    line: LineRef,
    entry: EntryRef,
    course: Course,
    places: Sequence[SessionPlace],
    supervisor_role: Role | None,
    terms: Terms,
    operator: User | None,
    sold_at: datetime.datetime,
    now: datetime.datetime,
    remind_days: Sequence[int] = REMIND_DAYS,
) -> SessionSeats:
    """Set up a line's part of a session: a seat per unit, the order's group, an enrolment for each person declared.

    A declared seat is created assigned, a blank one available and keeping its place. The places held for the line are
    given back in the same transaction, so that they are free to nobody in between; a course that has closed or was
    hidden since is accepted. A second call for the line changes nothing.

    Locks the course. Raises CourseOver, PeriodOver, and CourseFull where places were not held; the caller's transaction
    is then to be rolled back. A constant number of statements.
    """
    declared = [place.user.pk for place in places if place.user is not None]
    if len(set(declared)) != len(declared):
        raise ValueError("Nobody sits on two seats of one session.")
    with transaction.atomic(savepoint=False):
        course = lock_course(course)
        if not course.is_lasting_at(now):
            raise CourseOver(course)
        period = enrolment_period(course=course, now=now, terms=terms)
        group = order_group(course=course, line=line)
        present = SeatBatch.objects.filter(line_id=line.line_id).first()
        if present is not None:
            return SessionSeats(present, group, period, ())
        batch = SeatBatch.objects.create(
            account_id=line.account_id,
            order_id=line.order_id,
            order_number=line.order_number,
            line_id=line.line_id,
            source=SeatBatch.Source.SESSION,
            entry_code=entry.code,
            entry_name=dict(entry.name),
            course=course,
            group=group,
            supervisor_role=supervisor_role,
            duration_days=terms.duration_days,
            qualification_months=terms.qualification_months,
            starts_at=terms.starts_at,
            ends_at=terms.ends_at,
            remind_days=list(remind_days),
            move_days_before=entry.move_days_before,
            sold_at=sold_at,
        )
        claim = claim_in([course.pk], now=now, account_id=line.account_id, user_ids=declared)
        release_hold_in(course=course, line_id=line.line_id, now=now)
        already = _write_seats(batch=batch, places=places, period=period, operator=operator, now=now)
        refuse_overfull([course], claim)
    return SessionSeats(batch, group, period, already)


def _write_seats(
    *,
    batch: SeatBatch,
    places: Sequence[SessionPlace],
    period: Period,
    operator: User | None,
    now: datetime.datetime,
) -> tuple[AlreadyEnrolled, ...]:
    assert batch.course is not None
    assert batch.group_id is not None
    ordered = sorted(places, key=lambda place: place.unit_index)
    found = find_or_open(
        course=batch.course,
        people=[(place.user.pk, place.role.pk, period) for place in places if place.user and place.role],
        now=now,
    )
    already = already_enrolled(
        course=batch.course,
        account_id=batch.account_id,
        user_ids=found.present_user_ids,
        now=now,
        kinds=Role.PLACE_TAKING,
    )
    seats = []
    for place in ordered:
        seat = Seat(
            batch=batch,
            account_id=batch.account_id,
            unit_index=place.unit_index,
            unit_id=row_of(batch.line_id, place.unit_index),
            number=1,
            course=batch.course,
            role=place.role,
        )
        if place.user is not None and place.role is not None:
            seat.state = SeatState.ASSIGNED
            seat.person = place.user
            seat.enrolment = found.enrolments[place.user.pk, place.role.pk]
            seat.assigned_at = now
            seat.assigned_by = operator
        else:
            seat.state = SeatState.AVAILABLE
            seat.keeps_place = True
        seats.append(seat)
    Seat.objects.bulk_create(seats)
    SeatEvent.objects.bulk_create(
        SeatEvent(
            seat=seat,
            account_id=seat.account_id,
            at=now,
            actor=operator,
            to_state=seat.state,
            reason=SeatReason.DECLARED if seat.person_id else SeatReason.SOLD,
            course_id=seat.course_id,
            person_id=seat.person_id,
        )
        for seat in seats
    )
    write_grounds(
        found=found,
        grounds=[
            NewGround.of_seat(
                seat, user_id=place.user.pk, role_id=place.role.pk, period=period, group_id=batch.group_id
            )
            for seat, place in zip(seats, ordered, strict=True)
            if place.user and place.role
        ],
        now=now,
    )
    return tuple(already.values())
