"""Arithmetic of extensions: from an end that is still to come, from now where it is past, never beyond the course."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass

from common.moments import day_ends, days_later
from enrolments.courses.models import Course
from enrolments.extension.targets import Lengthened, Target
from enrolments.values import Period

Ends = dict[Lengthened, datetime.datetime | None]


@dataclass(frozen=True, slots=True)
class Extension:
    """Extension of a target by one unit; `period` is None where nothing would be gained."""

    unit_index: int
    target: Target
    period: Period | None


def plan(
    targets: Mapping[int, Target], *, days: int, now: datetime.datetime, ends: Ends | None = None
) -> list[Extension]:
    """Return the extension by each unit, given targets by the index of their unit. Units of one target add up.

    `ends` are those of targets that were extended before, by lines of the same order; it is added to.
    """
    ends = {} if ends is None else ends
    planned = []
    for index, target in sorted(targets.items()):
        end = ends.get(target.identity, target.ends_at)
        period = lengthened(end, target.course, days=days, now=now)
        if period is not None:
            ends[target.identity] = period.ends_at
        planned.append(Extension(index, target, period))
    return planned


def lengthened(
    end: datetime.datetime | None, course: Course | None, *, days: int, now: datetime.datetime
) -> Period | None:
    """Return the period that an extension adds, None where there is nothing to gain: no end, or the course is over
    first."""
    if end is None:
        return None
    starts_at = max(end, now)
    ends_at = days_later(starts_at, days)
    if course is not None and course.last_day is not None:
        ends_at = min(ends_at, day_ends(course.last_day))
    return Period(starts_at, ends_at) if ends_at > starts_at else None
