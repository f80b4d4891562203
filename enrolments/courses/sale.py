"""Courses as they are sold: open or not, and how many places are left. Reads for lists: one statement each."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, TypedDict

from django.db import connection
from django.db.models import BigIntegerField, Case, F, IntegerField, Q, QuerySet, Value, When
from django.db.models.expressions import RawSQL
from django.db.models.functions import Greatest

from enrolments.courses.models import Course
from enrolments.courses.places.services import PLACES_TAKEN, TAKEN_IN_THIS
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


_PLACES_LEFT = f"CASE WHEN this.capacity IS NOT NULL THEN greatest(this.capacity - ({TAKEN_IN_THIS}), 0) END"


def with_places_left(courses: QuerySet[Course]) -> QuerySet[WithAnnotations[Course, Left]]:
    """Add the number of places left to courses, as `places_left`; None where there is no limit, and nothing is
    counted."""
    taken = RawSQL(PLACES_TAKEN, (), output_field=BigIntegerField())  # noqa: S611
    return courses.annotate(
        places_left=Case(
            When(capacity__isnull=True, then=None),
            default=Greatest(F("capacity") - taken, Value(0)),
            output_field=IntegerField(),
        )
    )


def courses_for_sale(short_names: Iterable[str]) -> dict[str, CourseForSale]:
    """Return courses by the names asked for, present or former, whatever their case; leave unknown names out. One
    statement, none without names."""
    return {name: CourseForSale(course, left) for name, (course, left) in named_with(_PLACES_LEFT, short_names).items()}


def open_for_sale(courses: QuerySet[Course], *, now: datetime.datetime) -> QuerySet[WithAnnotations[Course, Left]]:
    """Keep the courses that are open, with a place left."""
    is_free = Q(places_left__isnull=True) | Q(places_left__gt=0)
    return with_places_left(courses & Course.objects.open_at(now)).filter(is_free)


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
