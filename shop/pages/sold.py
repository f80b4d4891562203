"""Contents of an entry in words, for its page: its courses, their dates and places, and what the handler tells."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from catalog.availability import Availability
from catalog.reasons import places_left_in_words
from common.remembered import remembered
from common.templatetags.money import grouped
from enrolments.courses.course_patterns import has_wildcard, parse_patterns
from enrolments.courses.models import Course
from enrolments.courses.sale import CourseForSale, NotOpen
from handlers.contract import Fact, Sold
from shop.pages.offers import FEW_PLACES

logger = logging.getLogger(__name__)

NAMES_SHOWN = 12


@dataclass(frozen=True, slots=True)
class CourseShown:
    """Course that an entry sells, with its facts in words."""

    name: str
    summary: str
    facts: list[Fact]


@dataclass(frozen=True, slots=True)
class ListedCourses:
    """Courses for which seats can be used: names of those open now, whether there are others, and whether later courses
    of the series count too."""

    names: list[str]
    has_others: bool
    is_every_course: bool
    goes_on: bool


def facts_of(sold: Sold) -> list[Fact]:
    """Return the facts that the handler tells, without those whose text is empty; none if the handler fails."""
    try:
        facts = [Fact(str(fact.label), str(fact.text)) for fact in sold.facts]
    except Exception:
        logger.exception("A handler could not tell the facts of what it sells")
        return []
    return [fact for fact in facts if fact.text]


def courses_shown(available: Availability, *, now: datetime) -> list[CourseShown]:
    """Return the courses of an entry that are not hidden. No query."""
    return [
        CourseShown(each.course.name, each.course.summary, [*_facts(each, now)])
        for each in available.courses
        if each.course.is_visible
    ]


def courses_to_wait_for(available: Availability, *, now: datetime) -> list[Course]:
    """Return the courses of an entry that are full at the moment, and have a waiting list. No query."""
    takes = available.places_per_unit > 0
    return [each.course for each in available.courses if each.not_open(now, takes_place=takes) is NotOpen.FULL]


def listed_courses(sold: Sold, *, now: datetime) -> ListedCourses | None:
    """Return the courses that a list of names and patterns covers now, or did at most FRAME_SECONDS ago; None for an
    entry without one. One query."""
    course_list = sold.course_list
    if course_list is None:
        return None
    patterns = parse_patterns(course_list)
    names = remembered(("names of courses", course_list, get_language()), lambda: _names_of(course_list, now))
    return ListedCourses(
        names=names[:NAMES_SHOWN],
        has_others=len(names) > NAMES_SHOWN,
        is_every_course=not patterns,
        goes_on=any(map(has_wildcard, patterns)),
    )


def _names_of(course_list: str, now: datetime) -> list[str]:
    courses = Course.objects.matching(course_list).open_at(now).order_by("short_name")[: NAMES_SHOWN + 1]
    return [course.name for course in courses]


def _facts(each: CourseForSale, now: datetime) -> Iterator[Fact]:
    course = each.course
    if course.first_day or course.last_day:
        yield Fact(_("Dates"), days_in_words(course.first_day, course.last_day))
    if course.venue:
        yield Fact(_("Where it takes place"), course.venue)
    if course.enrolment_closes_on and course.is_open_at(now):
        yield Fact(_("Enrolment until"), date_format(course.enrolment_closes_on, "DATE_FORMAT"))
    left = each.places_left
    if left is not None and 0 < left <= FEW_PLACES:
        yield Fact(_("Places"), places_left_in_words(left))
    elif course.capacity is not None:
        yield Fact(_("Places"), _("%(n)s at most") % {"n": grouped(course.capacity)})


def days_in_words(first: date | None, last: date | None) -> str:
    """Write the days of a course: one day, a period, or an end or beginning alone."""
    shown = [date_format(day, "DATE_FORMAT") for day in (first, last) if day]
    if first and last:
        return shown[0] if first == last else _("%(start)s to %(end)s") % {"start": shown[0], "end": shown[1]}
    return (_("from %(date)s") if first else _("until %(date)s")) % {"date": shown[0]}
