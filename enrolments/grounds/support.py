"""Support course, in which a shop's customers find help. It never fails a delivery."""

from __future__ import annotations

import datetime

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.people.models import User
from enrolments.courses.models import Course
from enrolments.courses.places.services import free, lock_course
from enrolments.courses.roles.models import Role
from enrolments.grounds.enrol import NewGround, put_grounds
from enrolments.grounds.models import Enrolment, Ground
from enrolments.grounds.periods import PeriodOver, enrolment_period
from enrolments.values import LineRef, Terms


class SupportOutcome(models.TextChoices):
    """Outcome of an enrolment in the support course; `label` is "" for success, else a sentence for the sales team."""

    ENROLLED = "enrolled", ""
    UNKNOWN = "unknown", _("The support course does not exist: the customer is not enrolled there.")
    CLOSED = "closed", _("The support course is closed: the customer is not enrolled there.")
    FULL = "full", _("The support course is full: the customer is not enrolled there.")

    @property
    def sales_text(self) -> str:
        return str(self.label)


def enrol_in_support(*, course: Course | None, user: User, line: LineRef, now: datetime.datetime) -> SupportOutcome:
    """Enrol a customer as a learner in the support course, on the ground of a line; return the outcome.

    `course` is None for a name that belongs to no course; the outcome is then UNKNOWN. A second call for the line
    changes nothing. Locks the course; a caller that locks other courses in the same transaction locks them all together
    before.
    """
    if course is None:
        return SupportOutcome.UNKNOWN
    course = lock_course(course)
    if not course.is_open_at(now):
        return SupportOutcome.CLOSED
    try:
        period = enrolment_period(course=course, now=now, terms=Terms())
    except PeriodOver:
        return SupportOutcome.CLOSED
    if free([course.pk])[course.pk] == 0:
        has_place = Enrolment.objects.taking_places().filter(course=course, user=user).exists()
        if not has_place:
            return SupportOutcome.FULL
    student = Role.objects.get(code=Role.STUDENT)
    ground = NewGround.of_line(line, user=user, role=student, kind=Ground.Kind.SUPPORT, period=period)
    put_grounds(course=course, grounds=[ground], now=now)
    return SupportOutcome.ENROLLED
