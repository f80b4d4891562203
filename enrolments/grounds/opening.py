"""Enrolments that are about to get grounds: found, or opened."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict, cast

from enrolments.courses.models import Course
from enrolments.grounds.models import Enrolment
from enrolments.grounds.periods import together
from enrolments.values import Period

if TYPE_CHECKING:
    from django.db.models.query import RawQuerySet
    from django_stubs_ext import WithAnnotations


class Opened(TypedDict):
    """Columns that `FIND_OR_OPEN` adds to each row."""

    is_opened: bool


Person = tuple[int, int]  # user and role: one open enrolment of a course is found by them


@dataclass(frozen=True, slots=True)
class FoundOrOpened:
    """Enrolments that are about to get grounds; those just opened have none yet."""

    enrolments: dict[Person, Enrolment]
    opened: tuple[Enrolment, ...]
    present_user_ids: frozenset[int]  # people with an open enrolment in the course before, in whatever role


# Open enrolments are looked up in the same statement as the insert: under the course's lock nobody else opens any
# meanwhile, and a writer without the lock is stopped by the unique index.
FIND_OR_OPEN = """
WITH wanted AS (
    SELECT * FROM unnest(%(users)s::bigint[], %(roles)s::bigint[], %(starts)s::timestamptz[], %(ends)s::timestamptz[])
        AS wanted (user_id, role_id, starts_at, ends_at)
), present AS (
    SELECT enrolment.* FROM enrolments_enrolment enrolment
    WHERE enrolment.course_id = %(course)s AND enrolment.user_id = ANY(%(users)s::bigint[])
        AND enrolment.closed_at IS NULL
), opened AS (
    INSERT INTO enrolments_enrolment (course_id, user_id, role_id, starts_at, ends_at, opened_at)
    SELECT %(course)s, user_id, role_id, starts_at, ends_at, %(now)s FROM wanted
    WHERE (user_id, role_id) NOT IN (SELECT user_id, role_id FROM present)
    ORDER BY user_id, role_id
    RETURNING *
)
SELECT *, false AS is_opened FROM present UNION ALL SELECT *, true FROM opened
"""


def find_or_open(*, course: Course, people: Iterable[tuple[int, int, Period]], now: datetime.datetime) -> FoundOrOpened:
    """Run the first half of `add_grounds`, for callers that need the enrolments first, as a new seat does.

    `people` are user, role and the period of the ground to come. Expects the course's lock; the caller also calls
    `write_grounds` in the same transaction, since no open enrolment without a ground may be seen. One statement.
    """
    wanted: dict[Person, Period] = {}
    for user_id, role_id, period in people:
        before = wanted.get((user_id, role_id), period)
        wanted[user_id, role_id] = together(before, period)
    if not wanted:
        return FoundOrOpened(enrolments={}, opened=(), present_user_ids=frozenset())
    found = Enrolment.objects.raw(
        FIND_OR_OPEN,
        {
            "course": course.pk,
            "users": [user_id for user_id, _role in wanted],
            "roles": [role_id for _user, role_id in wanted],
            "starts": [period.starts_at for period in wanted.values()],
            "ends": [period.ends_at for period in wanted.values()],
            "now": now,
        },
    )
    rows = cast("RawQuerySet[WithAnnotations[Enrolment, Opened]]", found)
    enrolments = {(enrolment.user_id, enrolment.role_id): enrolment for enrolment in rows}
    return FoundOrOpened(
        enrolments={person: enrolments[person] for person in wanted},
        opened=tuple(enrolment for _person, enrolment in sorted(enrolments.items()) if enrolment.is_opened),
        present_user_ids=frozenset(row.user_id for row in enrolments.values() if not row.is_opened),
    )
