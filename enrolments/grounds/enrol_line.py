"""Enrolment of a person on an order line: the line itself is the ground."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from django.db import transaction

from accounts.people.models import User
from enrolments.courses.groups.models import CourseGroup
from enrolments.courses.models import Course
from enrolments.courses.places.services import CourseOver, claim_in, lock_course, refuse_overfull, release_hold_in
from enrolments.courses.roles.models import Role
from enrolments.grounds.already import already_enrolled
from enrolments.grounds.ending import end_grounds
from enrolments.grounds.enrol import NewGround, put_grounds
from enrolments.grounds.models import Ground
from enrolments.grounds.periods import enrolment_period
from enrolments.unit_rows import of_units, row_of
from enrolments.values import AlreadyEnrolled, LineRef, Period, Terms


@dataclass(frozen=True, slots=True)
class LineEnrolment:
    """Result of `enrol_on_line`: the period of the new ground, and an earlier ground of this account, if any."""

    period: Period
    already: AlreadyEnrolled | None


def enrol_on_line(
    *,
    line: LineRef,
    course: Course,
    user: User,
    role: Role,
    group: CourseGroup | None,
    terms: Terms,
    now: datetime.datetime,
    unit_index: int | None = None,
) -> LineEnrolment:
    """Enrol a person on the ground of a line; the place held for the line becomes theirs in the same transaction.

    A second call for the line and person changes nothing; a person enrolled already gets one more ground. A course that
    has closed or was hidden since checkout is accepted.

    Locks the course. Raises CourseOver, PeriodOver, and CourseFull where no place was held; the caller's transaction is
    then to be rolled back. A constant number of statements.
    """
    with transaction.atomic(savepoint=False):
        course = lock_course(course)
        if not course.is_lasting_at(now):
            raise CourseOver(course)
        period = enrolment_period(course=course, now=now, terms=terms)
        already = already_enrolled(
            course=course, account_id=line.account_id, user_ids=[user.pk], now=now, kinds=Role.PLACE_TAKING
        )
        claim = claim_in([course.pk], now=now, account_id=line.account_id, user_ids=[user.pk])
        release_hold_in(course=course, line_id=line.line_id, now=now)
        ground = NewGround.of_line(
            line,
            user=user,
            role=role,
            kind=Ground.Kind.LINE,
            period=period,
            unit_index=unit_index,
            unit_id=None if unit_index is None else row_of(line.line_id, unit_index),
            group=group,
        )
        ground = replace(ground, qualification_months=terms.qualification_months)
        put_grounds(course=course, grounds=[ground], now=now)
        refuse_overfull([course], claim)
    return LineEnrolment(period=period, already=already.get(user.pk))


def end_line_grounds(
    *,
    line_id: int,
    reason: str,
    now: datetime.datetime,
    kinds: Collection[str] | None = None,
    units: Sequence[range] | None = None,
) -> int:
    """End the grounds that stand on a line itself (enrolment, support, supervision of a session), not on its seats.

    `kinds` and `units` (ranges of indexes) narrow them down. Returns the number of grounds ended. Locks the courses
    concerned.
    """
    grounds = Ground.objects.live().filter(line_id=line_id, seat__isnull=True)
    if kinds is not None:
        grounds = grounds.filter(kind__in=kinds)
    if units is not None:
        grounds = grounds.filter(of_units(line_id, units))
    return end_grounds(grounds=grounds, reason=reason, now=now)
