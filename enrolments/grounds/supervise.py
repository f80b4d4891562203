"""Supervision: the operator of a session is in its course and group while an operator of the account."""

from __future__ import annotations

import datetime
from collections.abc import Collection

from django.db import transaction
from django.db.models import QuerySet

from accounts.members.models import CustomerAccount
from accounts.people.models import User
from enrolments.courses.groups.models import CourseGroup
from enrolments.courses.models import Course
from enrolments.courses.places.services import lock_course, lock_courses
from enrolments.courses.roles.models import Role
from enrolments.grounds.ending import end_grounds
from enrolments.grounds.enrol import NewGround, put_grounds
from enrolments.grounds.models import Ground
from enrolments.grounds.periods import PeriodOver, enrolment_period
from enrolments.seats.reasons import SeatReason
from enrolments.values import LineRef, Terms


def supervise(
    *,
    line: LineRef,
    course: Course,
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
        course = lock_course(course)
        try:
            period = enrolment_period(course=course, now=now, terms=terms)
        except PeriodOver:
            return False
        ground = NewGround.of_line(
            line, user=operator, role=role, kind=Ground.Kind.SUPERVISION, period=period, group=group
        )
        put_grounds(course=course, grounds=[ground], now=now)
    return True


def lock_what_operators_got(account: CustomerAccount, user_ids: Collection[int]) -> None:
    """Lock the courses in which an account's orders and seats have enrolled people as its operators."""
    grounds = _grounds_of_operators(account, user_ids)
    lock_courses(grounds.order_by().values_list("enrolment__course_id", flat=True).distinct())


def end_what_operators_got(account: CustomerAccount, user_ids: Collection[int], now: datetime.datetime) -> None:
    """End the supervisions and support courses that people have as operators of an account; every other ground stays.

    They leave the groups of those sessions with it. The seats they assigned stay assigned.
    """
    end_grounds(grounds=_grounds_of_operators(account, user_ids), reason=SeatReason.RIGHT_LOST, now=now)


def lock_what_an_operator_got(user: User) -> None:
    """Lock the courses in which a person is as an operator, of whatever account."""
    lock_courses(_as_operators([user.pk]).order_by().values_list("enrolment__course_id", flat=True).distinct())


def end_what_an_operator_got(user: User, now: datetime.datetime) -> None:
    """End the supervisions and support courses that a closed person has as an operator of any account."""
    end_grounds(grounds=_as_operators([user.pk]), reason=SeatReason.PERSON_CLOSED, now=now)


def _grounds_of_operators(account: CustomerAccount, user_ids: Collection[int]) -> QuerySet[Ground]:
    return _as_operators(user_ids).filter(account=account)


def _as_operators(user_ids: Collection[int]) -> QuerySet[Ground]:
    kinds = (Ground.Kind.SUPERVISION, Ground.Kind.SUPPORT)
    return Ground.objects.live().filter(enrolment__user_id__in=list(user_ids), kind__in=kinds)
