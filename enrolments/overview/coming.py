"""Sessions of an account that run now or begin soon."""

from __future__ import annotations

import datetime

from django.db.models import Exists, OuterRef, Q

from common.moments import local_day
from enrolments.courses.groups.models import CourseGroup
from enrolments.seats.models import SeatBatch
from enrolments.sessions.selectors import SessionRow, session_rows

WEEKS = 6


def coming_sessions(account_id: int, *, now: datetime.datetime, at_most: int) -> list[SessionRow]:
    """Return the sessions that run today or begin within six weeks, the first to begin first. Two statements."""
    today = local_day(now)
    batches = SeatBatch.objects.filter(group=OuterRef("pk"), source=SeatBatch.Source.SESSION)
    groups = CourseGroup.objects.filter(
        Exists(batches),
        Q(course__first_day__gte=today) | Q(course__last_day__gte=today),
        account_id=account_id,
        course__first_day__lte=today + datetime.timedelta(weeks=WEEKS),
    )
    found = groups.select_related("course").order_by("course__first_day", "pk")[:at_most]
    rows = {row.group.pk: row for row in session_rows(found)}
    return [rows[group.pk] for group in found]
