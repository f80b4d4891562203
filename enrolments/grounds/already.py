"""People who are in a course already, as far as one customer account may know."""

from __future__ import annotations

import datetime
from collections.abc import Collection

from django.db.models import Count, Max, Q

from enrolments.courses.models import Course
from enrolments.courses.roles.models import Role
from enrolments.grounds.models import Ground
from enrolments.values import AlreadyEnrolled


def already_enrolled(
    *,
    course: Course,
    account_id: int,
    user_ids: Collection[int],
    now: datetime.datetime,
    kinds: Collection[str] = (Role.Kind.LEARNER,),
) -> dict[int, AlreadyEnrolled]:
    """Return the people who are in the course on a live ground of this account that is not over, by user key.

    The grounds of other accounts neither count nor show in `until`. One statement, none without people.
    """
    found = already_in_courses(courses=[course], account_id=account_id, user_ids=user_ids, now=now, kinds=kinds)
    return {user_id: there for (_course, user_id), there in found.items()}


def already_in_courses(
    *,
    courses: Collection[Course],
    account_id: int,
    user_ids: Collection[int],
    now: datetime.datetime,
    kinds: Collection[str] = (Role.Kind.LEARNER,),
) -> dict[tuple[int, int], AlreadyEnrolled]:
    """Like `already_enrolled`, for several courses, by the keys of course and user."""
    if not user_ids:
        return {}
    grounds = (
        Ground.objects.live()
        .filter(
            Q(ends_at__isnull=True) | Q(ends_at__gt=now),
            account_id=account_id,
            enrolment__course__in=list(courses),
            enrolment__user_id__in=list(user_ids),
            enrolment__role__kind__in=list(kinds),
        )
        .order_by()
        .values("enrolment__course_id", "enrolment__user_id")
        .annotate(last_end=Max("ends_at"), endless=Count("pk", filter=Q(ends_at__isnull=True)))
    )
    return {
        (row["enrolment__course_id"], row["enrolment__user_id"]): AlreadyEnrolled(
            user_id=row["enrolment__user_id"], until=None if row["endless"] else row["last_end"]
        )
        for row in grounds
    }


def latest_end(ends: Collection[datetime.datetime | None]) -> datetime.datetime | None:
    """Return the latest of some ends; None if one of them is None (no end)."""
    known = [end for end in ends if end is not None]
    return max(known) if len(known) == len(ends) else None
