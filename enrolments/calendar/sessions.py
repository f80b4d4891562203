"""Sessions of an account by their days: those of one month, those without days, and those of a feed."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.members.models import CustomerAccount
from accounts.members.parts import Part
from common.moments import local_day
from common.words import last_day_of
from enrolments.courses.groups.models import CourseGroup
from enrolments.courses.models import Course
from enrolments.scope import sessions_within
from enrolments.seats.batches.models import SeatBatch
from enrolments.seats.models import Seat, SeatState
from enrolments.sessions.selectors import SessionRow, session_rows, sessions_of

Moment = datetime.datetime

SHOWN_AT_MOST = 200
IN_FEED_AT_MOST = 1_000
# A feed keeps what is over for that long.
FEED_LOOKS_BACK = datetime.timedelta(days=180)


@dataclass(frozen=True, slots=True)
class Days:
    """First and last day of a session, both included; the last is None where no end is set."""

    first: datetime.date
    last: datetime.date | None


@dataclass(frozen=True, slots=True)
class DatedSession:
    """Session with its days, None without any, and when it was bought."""

    group: CourseGroup
    days: Days | None
    sold_at: datetime.datetime


@dataclass(frozen=True, slots=True)
class Month:
    """Sessions on which a day of a month falls, with their people counted; `is_cut` where there are more."""

    sessions: list[tuple[DatedSession, SessionRow]]
    is_cut: bool


def sessions_in(
    account: CustomerAccount, first: datetime.date, last: datetime.date, *, part: Part | None = None
) -> Month:
    """Return the sessions, of a part if one is given, that have a day from `first` to `last`, by their first
    day. Three statements."""
    found = _dated(
        _alive(account, part).filter(_may_fall(first, last)).order_by("course__first_day", "pk"), SHOWN_AT_MOST + 1
    )
    inside = [each for each in found if each.days and _falls(each.days, first, last)]
    inside.sort(key=lambda each: (each.days.first if each.days else first, each.group.pk))
    shown = inside[:SHOWN_AT_MOST]
    counts = {row.group.pk: row for row in session_rows([each.group for each in shown])}
    return Month([(each, counts[each.group.pk]) for each in shown], is_cut=len(found) > SHOWN_AT_MOST)


def sessions_of_feed(account: CustomerAccount, today: datetime.date, *, part: Part | None = None) -> list[DatedSession]:
    """Return the sessions with days that are not long over, the last bought first. Two statements."""
    since = today - FEED_LOOKS_BACK
    asked = _alive(account, part).filter(_may_fall(since, datetime.date.max)).order_by("-pk")
    return [
        each for each in _dated(asked, IN_FEED_AT_MOST) if each.days and _falls(each.days, since, datetime.date.max)
    ]


def days_of(course: Course, starts_at: datetime.datetime | None, ends_at: datetime.datetime | None) -> Days | None:
    """Return the days of a course, narrowed by the moments between which it was bought; None without a first day.

    An end at 24:00 belongs to the day before.
    """
    starts = [day for day in (course.first_day, starts_at and local_day(starts_at)) if day]
    ends = [day for day in (course.last_day, ends_at and last_day_of(ends_at)) if day]
    if not starts:
        return None
    first, last = max(starts), min(ends, default=None)
    return Days(first, max(first, last) if last else None)


def _alive(account: CustomerAccount, part: Part | None) -> QuerySet[CourseGroup]:
    """Return the sessions of which something is left that was not given back."""
    kept = Seat.objects.filter(batch__group=OuterRef("pk")).exclude(state=SeatState.REVOKED)
    return sessions_within(sessions_of(account), part).filter(Exists(kept))


def _may_fall(first: datetime.date, last: datetime.date) -> Q:
    """Return the condition that the course itself does not lie outside these days."""
    return (Q(course__first_day__isnull=True) | Q(course__first_day__lte=last)) & (
        Q(course__last_day__isnull=True) | Q(course__last_day__gte=first)
    )


def _falls(days: Days, first: datetime.date, last: datetime.date) -> bool:
    return days.first <= last and (days.last or days.first) >= first


def _dated(groups: QuerySet[CourseGroup], most: int) -> list[DatedSession]:
    """Return sessions with the days for which they were bought; of several purchases the widest. Two statements."""
    found = list(groups[:most])
    batches = SeatBatch.objects.filter(group__in=[group.pk for group in found], source=SeatBatch.Source.SESSION)
    bought = defaultdict(list)
    for group_id, starts_at, ends_at, sold_at in batches.values_list("group_id", "starts_at", "ends_at", "sold_at"):
        bought[group_id].append((starts_at, ends_at, sold_at))
    return [_of(group, bought[group.pk]) for group in found]


def _of(group: CourseGroup, bought: Sequence[tuple[Moment | None, Moment | None, Moment]]) -> DatedSession:
    starts = [starts_at for starts_at, _ends_at, _sold_at in bought]
    ends = [ends_at for _starts_at, ends_at, _sold_at in bought]
    return DatedSession(
        group,
        days_of(
            group.course,
            None if None in starts else min(filter(None, starts), default=None),
            None if None in ends else max(filter(None, ends), default=None),
        ),
        min(sold_at for _starts_at, _ends_at, sold_at in bought),
    )
