"""Periods of enrolments: as sold, and as they follow from the live grounds."""

from __future__ import annotations

import datetime

from django.db import connection
from django.utils.translation import gettext_lazy as _

from common.moments import day_ends, day_starts, days_later
from common.refusals import Refused
from enrolments.courses.models import Course
from enrolments.grounds.models import EnrolmentEvent
from enrolments.values import Period, Terms


class PeriodOver(Refused):
    """Refusal when the terms sold, or the course itself, end before the enrolment could begin."""

    message = _("The period in which this could be used is over.")


def enrolment_period(*, course: Course, now: datetime.datetime, terms: Terms) -> Period:
    """Return the period of an enrolment made now.

    It starts at the latest of now, the start sold and the course's first day; it ends at the earliest of the end sold,
    start + duration, and the course's last day. Raises PeriodOver when nothing is left of it.
    """
    starts = [now]
    if terms.starts_at is not None:
        starts.append(terms.starts_at)
    if course.first_day is not None:
        starts.append(day_starts(course.first_day))
    starts_at = max(starts)

    ends = []
    if terms.ends_at is not None:
        ends.append(terms.ends_at)
    if terms.duration_days is not None:
        ends.append(days_later(starts_at, terms.duration_days))
    if course.last_day is not None:
        ends.append(day_ends(course.last_day))
    ends_at = min(ends, default=None)

    if ends_at is not None and ends_at <= starts_at:
        raise PeriodOver
    return Period(starts_at, ends_at)


def together(one: Period, other: Period) -> Period:
    """Return the period that spans both. It is to be entered as early as one of them is."""
    ends = (one.ends_at, other.ends_at)
    known = [moment for moment in ends if moment is not None]
    enter = [moment for moment in (one.enter_before, other.enter_before) if moment is not None]
    ends_at = max(known) if len(known) == len(ends) else None
    return Period(min(one.starts_at, other.starts_at), ends_at, min(enter, default=None))


DERIVE_PERIODS = """
UPDATE enrolments_enrolment enrolment
SET starts_at = coalesce(standing.starts_at, enrolment.starts_at),
    ends_at = CASE WHEN standing.count = 0 THEN enrolment.ends_at ELSE standing.ends_at END,
    closed_at = CASE WHEN standing.count = 0 THEN %(now)s END
FROM (
    SELECT wanted.id, count(live.id) AS count, min(live.starts_at) AS starts_at,
        CASE WHEN bool_and(live.ends_at IS NOT NULL) THEN max(live.ends_at) END AS ends_at
    FROM unnest(%(ids)s::bigint[]) AS wanted (id)
    LEFT JOIN enrolments_ground live ON live.enrolment_id = wanted.id AND live.ended_at IS NULL
    GROUP BY wanted.id
) AS standing
WHERE enrolment.id = standing.id AND enrolment.closed_at IS NULL
    AND (
        standing.count = 0
        OR enrolment.starts_at <> standing.starts_at
        OR enrolment.ends_at IS DISTINCT FROM standing.ends_at
    )
RETURNING enrolment.id, enrolment.starts_at, enrolment.ends_at, enrolment.closed_at IS NOT NULL
"""


def derive_periods(enrolment_ids: set[int], now: datetime.datetime) -> list[EnrolmentEvent]:
    """Bring enrolments in line with their live grounds; return the events of those that changed, not yet saved."""
    if not enrolment_ids:
        return []
    with connection.cursor() as cursor:
        cursor.execute(DERIVE_PERIODS, {"ids": sorted(enrolment_ids), "now": now})
        changed = cursor.fetchall()
    return [
        EnrolmentEvent(
            enrolment_id=enrolment_id,
            at=now,
            what=EnrolmentEvent.What.CLOSED if is_closed else EnrolmentEvent.What.CHANGED,
            detail={} if is_closed else period_detail(starts_at, ends_at),
        )
        for enrolment_id, starts_at, ends_at, is_closed in sorted(changed)
    ]


def period_detail(starts_at: datetime.datetime, ends_at: datetime.datetime | None) -> dict[str, str | None]:
    return {
        "starts_at": starts_at.astimezone(datetime.UTC).isoformat(),
        "ends_at": None if ends_at is None else ends_at.astimezone(datetime.UTC).isoformat(),
    }
