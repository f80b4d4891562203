"""Findings about courses, roles and dates in internal parameters, shared by the handlers' checks."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from datetime import datetime

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from common.moments import local_day
from common.words import end_in_words, moment_in_words
from enrolments.courses.course_patterns import has_wildcard, parse_patterns
from enrolments.courses.models import Course
from enrolments.courses.places.services import free
from enrolments.courses.roles.models import Role
from enrolments.courses.services import find_course
from enrolments.values import Terms
from handlers.contract import Finding, Level, in_words
from handlers.periods import REVERSED, is_reversed

MOST_NAMES_SHOWN = 10


def check_course(short_name: str, *, field: str, now: datetime) -> Iterator[Finding]:
    """Check a course that is sold: it exists, and it is open now with a place left."""
    course = find_course(short_name)
    if course is None:
        yield _seen(Level.ERROR, field, lambda: _("No course has the short name “%(name)s”.") % {"name": short_name})
    elif not course.is_lasting_at(now):
        yield _seen(
            Level.ERROR,
            field,
            lambda: (
                _("The course “%(course)s” ended on %(date)s: whoever buys this is refused.")
                % {"course": course.name, "date": date_format(course.last_day or local_day(now))}
            ),
        )
    elif not course.is_open_at(now):
        yield _seen(
            Level.WARNING,
            field,
            lambda: (
                _(
                    "The course “%(course)s” is hidden, or enrolment is not open today: whoever buys this is "
                    "refused for the moment."
                )
                % {"course": course.name}
            ),
        )
    elif free([course.pk])[course.pk] == 0:
        yield _seen(
            Level.WARNING,
            field,
            lambda: (
                _("The course “%(course)s” is full: whoever buys this is refused for the moment.")
                % {"course": course.name}
            ),
        )


def check_support_course(short_name: str, *, now: datetime) -> Iterator[Finding]:
    """Warn of an unknown, closed or full support course; it never hinders a sale."""
    field = "customersupport"
    if not short_name:
        return
    course = find_course(short_name)
    if course is None:
        yield _warning(
            field,
            lambda: (
                _("No course has the short name “%(name)s”: nobody is enrolled in a support course.")
                % {"name": short_name}
            ),
        )
    elif not course.is_open_at(now) or free([course.pk])[course.pk] == 0:
        yield _warning(
            field,
            lambda: (
                _("The support course “%(course)s” is closed or full: nobody is enrolled in it for the moment.")
                % {"course": course.name}
            ),
        )


def check_course_list(course_list: str, *, field: str, now: datetime) -> Iterator[Finding]:
    """Report the courses that each pattern of a list covers today."""
    if not parse_patterns(course_list):
        count = Course.objects.open_at(now).count()
        yield _info(
            field,
            lambda: (
                ngettext(
                    "The seats may be used for every open course: %(n)d today.",
                    "The seats may be used for every open course: %(n)d today.",
                    count,
                )
                % {"n": count}
            ),
        )
    for pattern in parse_patterns(course_list):
        yield _of_pattern(pattern, field, now)


def check_role(code: str, *, field: str, kinds: Collection[str] | None = None) -> Iterator[Finding]:
    """Check that the role exists, and is of one of the ``kinds``."""
    role = Role.objects.filter(code=code).first()
    if role is None:
        yield _error(field, lambda: _("The role “%(code)s” does not exist.") % {"code": code})
    elif kinds is not None and role.kind not in kinds:
        yield _error(
            field,
            lambda: (
                _("The role “%(code)s” does not fit here: it is the role of a %(kind)s.")
                % {"code": code, "kind": Role.Kind(role.kind).label.lower()}
            ),
        )


def check_terms(terms: Terms, *, now: datetime) -> Iterator[Finding]:
    """Check for dates that are reversed or past."""
    if is_reversed(terms):
        yield Finding(Level.ERROR, REVERSED, "endtime")
    elif terms.ends_at is not None and terms.ends_at <= now:
        ended = terms.ends_at
        yield _seen(
            Level.ERROR,
            "endtime",
            lambda: (
                _("Enrolments would have ended on %(date)s: whoever buys this is refused.")
                % {"date": end_in_words(ended)}
            ),
        )
    elif terms.starts_at is not None and terms.starts_at <= now:
        started = terms.starts_at
        yield _info(
            "starttime",
            lambda: _("%(date)s is past: enrolments start when they are made.") % {"date": moment_in_words(started)},
        )


def _of_pattern(pattern: str, field: str, now: datetime) -> Finding:
    matching = Course.objects.matching(pattern)
    courses = list(matching.order_by("sort_name", "pk")[:MOST_NAMES_SHOWN])
    count = matching.count()
    if not courses:
        return _warning(
            field,
            lambda: _("No course matches “%(pattern)s” today.") % {"pattern": pattern},
        )
    is_open = {course.pk for course in courses if course.is_open_at(now)}
    if not has_wildcard(pattern) and is_open:
        return _info(
            field,
            lambda: _("“%(pattern)s” is the course “%(course)s”.") % {"pattern": pattern, "course": courses[0].name},
        )
    if not is_open and count <= MOST_NAMES_SHOWN:
        return _warning(
            field,
            lambda: (
                ngettext(
                    "%(n)d course matches “%(pattern)s”, but it is not open today: %(names)s.",
                    "%(n)d courses match “%(pattern)s”, but none is open today: %(names)s.",
                    count,
                )
                % {"n": count, "pattern": pattern, "names": _names(courses, count)}
            ),
        )
    return _info(
        field,
        lambda: (
            ngettext(
                "%(n)d course matches “%(pattern)s” today: %(names)s.",
                "%(n)d courses match “%(pattern)s” today: %(names)s.",
                count,
            )
            % {"n": count, "pattern": pattern, "names": _names(courses, count)}
        ),
    )


def _names(courses: list[Course], count: int) -> str:
    names = ", ".join(course.short_name for course in courses)
    return names if count <= len(courses) else _("%(names)s and others") % {"names": names}


def _error(field: str, say: Callable[[], str]) -> Finding:
    return Finding(Level.ERROR, in_words(say), field)


def _seen(level: Level, field: str, say: Callable[[], str]) -> Finding:
    """Return a finding about a course that is sold, or about the time: every page sees it by itself."""
    return Finding(level, in_words(say), field, follows_from_sold=True)


def _warning(field: str, say: Callable[[], str]) -> Finding:
    return Finding(Level.WARNING, in_words(say), field)


def _info(field: str, say: Callable[[], str]) -> Finding:
    return Finding(Level.INFO, in_words(say), field)
