"""Courses as they are sold: open or not, and how many places are left. Reads for lists: one statement each."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, TypedDict

from django.db import connection
from django.db.models import IntegerField, Q, QuerySet
from django.db.models.expressions import RawSQL

from enrolments.courses.models import Course
from enrolments.courses.places.services import places_left_sql
from enrolments.courses.services import named_with

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations


class NotOpen(StrEnum):
    """Reason why nobody is sold a course now; the lasting ones first."""

    OVER = "over"
    HIDDEN = "hidden"
    CLOSED = "closed"
    NOT_YET = "not_yet"
    FULL = "full"


class Left(TypedDict):
    """Column that `with_places_left` adds to courses."""

    places_left: int | None


@dataclass(frozen=True, slots=True)
class CourseForSale:
    """Course with the number of places left, None where there is no limit."""

    course: Course
    places_left: int | None

    def not_open(self, now: datetime.datetime, *, takes_place: bool = True) -> NotOpen | None:
        """Return the reason why the course is not sold at this moment, None where it is; for people who take no place a
        full course is open."""
        course = self.course
        if not course.is_lasting_at(now):
            return NotOpen.OVER
        if not course.is_visible:
            return NotOpen.HIDDEN
        if not course.is_open_at(now):
            return NotOpen.NOT_YET if course.opens_after(now) else NotOpen.CLOSED
        return NotOpen.FULL if takes_place and self.places_left == 0 else None


def with_places_left(
    courses: QuerySet[Course], *, account_id: int | None = None
) -> QuerySet[WithAnnotations[Course, Left]]:
    """Add the number of places left to courses, to an account if one is given, as `places_left`; None where there is no
    limit, and nothing is counted."""
    left = places_left_sql(Course._meta.db_table, account_id=account_id)
    return courses.annotate(places_left=RawSQL(left, (), output_field=IntegerField()))  # noqa: S611


def with_a_place(
    courses: QuerySet[Course], *, account_id: int | None = None
) -> QuerySet[WithAnnotations[Course, Left]]:
    """Keep the courses with a place left, to an account if one is given. See `with_places_left`."""
    is_free = Q(places_left__isnull=True) | Q(places_left__gt=0)
    return with_places_left(courses, account_id=account_id).filter(is_free)


def courses_for_sale(short_names: Iterable[str], *, user_id: int | None = None) -> dict[str, CourseForSale]:
    """Return courses by the names asked for, present or former, whatever their case; leave unknown names out. Places
    left are those left to a person, if one is given. One statement, none without names."""
    found = named_with(places_left_sql(user_id=user_id), short_names)
    return {name: CourseForSale(course, left) for name, (course, left) in found.items()}


def open_for_sale(courses: QuerySet[Course], *, now: datetime.datetime) -> QuerySet[WithAnnotations[Course, Left]]:
    """Keep the courses that are open, with a place left."""
    return with_a_place(courses & Course.objects.open_at(now))


def lists_with_an_open_course(course_lists: Iterable[str], *, now: datetime.datetime) -> set[str]:
    """Return those of these lists of short names and patterns that cover a course that is open, with a place left. One
    statement, none without lists."""
    lists = sorted(set(course_lists))
    if not lists:
        return set()
    queries = [open_for_sale(Course.objects.matching(each), now=now).order_by().values("pk") for each in lists]
    compiled = [query.query.sql_with_params() for query in queries]
    sql = "SELECT " + ", ".join(f"EXISTS ({statement})" for statement, _params in compiled)
    with connection.cursor() as cursor:
        cursor.execute(sql, [value for _statement, params in compiled for value in params])
        found = cursor.fetchone()
    return {each for each, is_there in zip(lists, found, strict=True) if is_there}
