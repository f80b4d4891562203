"""The operator of a session is in its course and group, as its supervisor."""

from __future__ import annotations

import datetime

from django.db import transaction

from accounts.people.models import User
from enrolments.courses.groups.models import CourseGroup
from enrolments.courses.models import Course
from enrolments.courses.places.services import LockedCourse, under_lock
from enrolments.courses.roles.models import Role
from enrolments.grounds.enrol import NewGround, PeriodOver, add_grounds, enrolment_period
from enrolments.grounds.models import Ground
from enrolments.values import LineRef, Terms


def supervise(
    *,
    line: LineRef,
    course: Course | LockedCourse,
    operator: User,
    role: Role,
    group: CourseGroup | None,
    terms: Terms,
    now: datetime.datetime,
) -> bool:
    """Enrol an order's operator in a session's course, on the ground of its line. A second call changes nothing.

    Returns False, and writes nothing, when the period is over: an order may be claimed late, and that never fails it.
    Locks the course. Takes no place where `role` is a supervisor's. A constant number of statements.
    """
    with transaction.atomic(savepoint=False):
        course = under_lock(course)
        try:
            period = enrolment_period(course=course, now=now, terms=terms)
        except PeriodOver:
            return False
        ground = NewGround.of_line(
            line, user=operator, role=role, kind=Ground.Kind.SUPERVISION, period=period, group=group
        )
        add_grounds(course=LockedCourse(course), grounds=[ground], now=now)
    return True
