"""The merchant enrols somebody himself: his hand is a ground like any other."""

from __future__ import annotations

import datetime

from django.db import transaction

from accounts.models import User
from enrolments.models import Course, Enrolment, Ground, Role
from enrolments.services.again import again_after_deadlock
from enrolments.services.enrol import NewGround, add_grounds, end_grounds
from enrolments.services.places import lock_courses, refuse_overfull
from enrolments.values import Period


@again_after_deadlock
def enrol_by_hand(*, course: Course, user: User, role: Role, period: Period, now: datetime.datetime) -> Enrolment:
    """Enrol somebody on the merchant's word, in a course closed or hidden too, but never beyond its capacity.

    A second call leaves the ground as it is. Locks the course. Raises CourseFull.
    """
    with transaction.atomic():
        course = lock_courses([course.pk])[course.pk]
        ground = NewGround(user_id=user.pk, role_id=role.pk, kind=Ground.Kind.MERCHANT, period=period)
        enrolments = add_grounds(course=course, grounds=[ground], now=now)
        if role.takes_place:
            refuse_overfull([course])
    return enrolments[user.pk, role.pk]


@again_after_deadlock
def end_by_hand(*, enrolment: Enrolment, reason: str, now: datetime.datetime) -> bool:
    """Take the merchant's word back; what was bought keeps the person enrolled. False when there was no such ground.

    Locks the course.
    """
    with transaction.atomic():
        own = Ground.objects.filter(enrolment=enrolment, kind=Ground.Kind.MERCHANT)
        return end_grounds(grounds=own, reason=reason, now=now) > 0
