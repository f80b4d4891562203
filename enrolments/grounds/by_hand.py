"""Enrolment of a person by the merchant; the merchant's word is a ground like any other."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from django.db import transaction

from accounts.people.models import User
from accounts.people.services import PersonTyped, find_or_create_people
from common.again import again_after_deadlock
from enrolments.courses.models import Course
from enrolments.courses.places.services import claim_in, lock_courses, refuse_overfull
from enrolments.courses.roles.models import Role
from enrolments.grounds.ending import end_grounds
from enrolments.grounds.enrol import NewGround, add_grounds
from enrolments.grounds.models import Enrolment, Ground
from enrolments.grounds.notify import tell_enrolled
from enrolments.grounds.periods import enrolment_period
from enrolments.values import Period, Terms


@dataclass(frozen=True, slots=True)
class EnrolledByHand:
    """Result of an enrolment by hand. `is_new` is False if the merchant's ground was there already, left as it was."""

    user: User
    is_new: bool


@again_after_deadlock
def enrol_address_by_hand(
    *, course: Course, person: PersonTyped, role: Role, terms: Terms, language: str, now: datetime.datetime
) -> EnrolledByHand:
    """Enrol the person who has an address, and mail them; an unknown person is created and invited.

    Locks the course, then the person. Raises PeriodOver, CourseFull, and ValidationError for no address; nothing is
    written then.
    """
    with transaction.atomic():
        course = lock_courses([course.pk])[course.pk]
        period = enrolment_period(course=course, now=now, terms=terms)
        [found] = find_or_create_people(people=[person], account=None, language=language, now=now).values()
        standing = Ground.objects.live().filter(
            kind=Ground.Kind.MERCHANT, enrolment__course=course, enrolment__user=found.user, enrolment__role=role
        )
        if standing.exists():
            return EnrolledByHand(found.user, is_new=False)
        enrol_by_hand(course=course, user=found.user, role=role, period=period, now=now)
        tell_enrolled(
            users=[found.user],
            course=course,
            key=f"hand:{standing.get().pk}",
            period=period,
            language=language,
            now=now,
        )
    return EnrolledByHand(found.user, is_new=True)


@again_after_deadlock
def enrol_by_hand(*, course: Course, user: User, role: Role, period: Period, now: datetime.datetime) -> Enrolment:
    """Enrol a person on the merchant's word, in a closed or hidden course too, but never beyond its capacity nor past
    those who wait for it.

    A second call leaves the ground as it is. Locks the course. Raises CourseFull.
    """
    with transaction.atomic():
        course = lock_courses([course.pk])[course.pk]
        claim = claim_in([course.pk], now=now, user_ids=[user.pk])
        ground = NewGround(user_id=user.pk, role_id=role.pk, kind=Ground.Kind.MERCHANT, period=period)
        enrolments = add_grounds(course=course, grounds=[ground], now=now)
        if role.takes_place:
            refuse_overfull([course], claim)
    return enrolments[user.pk, role.pk]


@again_after_deadlock
def end_by_hand(*, enrolment: Enrolment, reason: str, now: datetime.datetime) -> bool:
    """End the merchant's own ground; purchases keep the person enrolled. Return False if there was no such ground.

    Locks the course.
    """
    with transaction.atomic():
        own = Ground.objects.filter(enrolment=enrolment, kind=Ground.Kind.MERCHANT)
        return end_grounds(grounds=own, reason=reason, now=now) > 0
