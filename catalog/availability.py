"""Availability of entries at a moment: what their handlers sell, and the state of the courses it is sold for.

The state of the courses is read when it is asked for, at a fixed number of queries for any number of entries, so no
change of a course, of its places or of the day can leave it stale. Errors found by `check`, which costs queries of its
own for each entry, are stored on the entry (`catalog.services.recheck`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from accounts.people.models import User
from catalog.models.entries import Entry
from catalog.reasons import Reason, ReasonCode, reason, reason_of_course, too_few_places
from enrolments.courses.course_patterns import parse_patterns
from enrolments.courses.roles.models import Role
from enrolments.courses.sale import CourseForSale, courses_for_sale, lists_with_an_open_course
from enrolments.grounds.periods import PeriodOver, enrolment_period
from handlers.contract import Handler, Sold
from handlers.faults import HookBroken

NOTHING = Sold()


class Offered(Protocol):
    """Part of an offer that decides on its availability."""

    @property
    def entry(self) -> Entry: ...

    @property
    def handler(self) -> Handler | None: ...

    @property
    def handler_version(self) -> int: ...

    @property
    def parameters(self) -> Mapping[str, Any]: ...

    @property
    def min_quantity(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Availability:
    """Availability of one offer: the reason against it if there is one, and the courses in which it takes places.

    ``sold`` is what the handler says it sells. ``places_per_unit`` is 0 where no place is taken. ``places_left`` is the
    least number of places left in a course, None where there is no limit.
    """

    sold: Sold
    reason: Reason | None = None
    courses: tuple[CourseForSale, ...] = ()
    places_per_unit: int = 1
    places_left: int | None = None

    @property
    def units_left(self) -> int | None:
        """Number of units for which there are places, None where there is no limit."""
        return None if self.places_left is None else self.places_left // max(1, self.places_per_unit)


def availability_of(offers: Sequence[Offered], *, now: datetime, user: User | None = None) -> list[Availability]:
    """Return the availability of each offer, in order; to a person, if one is given, with the places that were offered
    to them from a waiting list.

    Three queries at most, for any number of offers: the courses, the lists of courses, and the roles that take no place
    where a merchant's own role is sold. None where no course is sold.
    """
    sold = [what_is_sold(offer) for offer in offers]
    known = [each for each in sold if each is not None]
    read = _Read(
        courses=courses_for_sale(
            (name for each in known for name in each.courses), user_id=None if user is None else user.pk
        ),
        open_lists=lists_with_an_open_course(
            (each.course_list for each in known if each.course_list and parse_patterns(each.course_list)),
            now=now,
        ),
        placeless=_placeless({each.role for each in known}),
    )
    return [_available(offer, what, read, now) for offer, what in zip(offers, sold, strict=True)]


def what_is_sold(offer: Offered) -> Sold | None:
    """Return what the handler of an offer says it sells; nothing special without a handler, None if the hook fails."""
    if offer.handler is None:
        return NOTHING
    try:
        return offer.handler.sold(offer.parameters)
    except HookBroken:
        return None


@dataclass(frozen=True, slots=True)
class _Read:
    """State of all courses concerned, by the names and lists asked for."""

    courses: Mapping[str, CourseForSale]
    open_lists: Collection[str]
    placeless: Collection[str]


def _placeless(roles: set[str]) -> set[str]:
    """Return those of these roles that take no place. One query, none for the roles that every shop has."""
    own = roles - {"", Role.STUDENT, Role.TUTOR}
    if not own:
        return set()
    return set(Role.objects.filter(code__in=own, kind=Role.Kind.SUPERVISOR).values_list("code", flat=True))


def _available(offer: Offered, sold: Sold | None, read: _Read, now: datetime) -> Availability:
    if sold is None:
        return Availability(NOTHING, reason(ReasonCode.HANDLER_FAILS))
    takes = 0 if sold.role in read.placeless else sold.places_per_unit
    courses = tuple(read.courses[name] for name in sold.courses if name in read.courses)
    left = [course.places_left for course in courses if takes and course.places_left is not None]
    available = Availability(sold, None, courses, takes, min(left, default=None))
    return Availability(sold, _reason(offer, available, read, now), courses, takes, available.places_left)


def _reason(offer: Offered, available: Availability, read: _Read, now: datetime) -> Reason | None:
    sold, entry = available.sold, offer.entry
    if len(available.courses) < len(sold.courses):
        return reason(ReasonCode.COURSE_MISSING)
    closed = [(course, course.not_open(now, takes_place=available.places_per_unit > 0)) for course in available.courses]
    for course, why in closed:
        if why is not None:
            return reason_of_course(course, why)
    if _is_over(available, now):
        return reason(ReasonCode.PERIOD_OVER)
    if parse_patterns(sold.course_list or "") and sold.course_list not in read.open_lists:
        return reason(ReasonCode.NO_OPEN_COURSE)
    if entry.faults and entry.faults_version == offer.handler_version:
        return reason(ReasonCode.FAULTY)
    if entry.answerable_until is not None and entry.answerable_until <= now:
        return reason(ReasonCode.FAULTY)
    if available.units_left is not None and available.units_left < offer.min_quantity:
        if not available.places_left:
            return reason(ReasonCode.COURSE_FULL)
        return Reason(ReasonCode.COURSE_FULL, too_few_places(available.places_left).message)
    return None


def _is_over(available: Availability, now: datetime) -> bool:
    """Tell whether nothing is left of the period sold, in any of the courses."""
    terms = available.sold.terms
    if terms.ends_at is not None and terms.ends_at <= now:
        return True
    try:
        for each in available.courses:
            enrolment_period(course=each.course, now=now, terms=terms)
    except PeriodOver:
        return True
    return False
