"""Courses that an order put its reader into."""

from __future__ import annotations

import datetime

from django.db.models import Q
from django.db.models.functions import Coalesce

from accounts.people.models import User
from enrolments.courses.models import Course
from enrolments.grounds.models import Ground


def courses_of_order(*, order_id: int, user: User, now: datetime.datetime) -> dict[int, Course]:
    """Return the course in which each line of an order enrols the user, by the line's id, until that ground is over.

    One statement. A course that the user only supervises is left out.
    """
    grounds = (
        Ground.objects.live()
        .filter(Q(ends_at__isnull=True) | Q(ends_at__gt=now), order_id=order_id, enrolment__user=user)
        .filter(kind__in=(Ground.Kind.LINE, Ground.Kind.SEAT))
        .annotate(of_line=Coalesce("line_id", "seat__batch__line_id"))
        .select_related("enrolment__course")
        .order_by("-pk")
    )
    return {ground.of_line: ground.enrolment.course for ground in grounds}
