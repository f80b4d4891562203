"""Periods: of a course, and of an enrolment in one."""

import pytest

from common.moments import day_ends, day_starts, days_later, local_day
from enrolments.courses.models import Course
from enrolments.grounds.periods import PeriodOver, enrolment_period
from enrolments.values import Period, Terms
from tests.enrolments.given import at, day, days
from tests.factories.enrolments import CourseFactory


@pytest.fixture(autouse=True)
def _the_shop_is_in_paris(settings):
    settings.TIME_ZONE = "Europe/Paris"


NOON = at("2026-03-02T12:00:00+01:00")


def test_a_day_lasts_from_midnight_to_midnight_in_paris():
    assert day_starts(day("2026-03-02")) == at("2026-03-02T00:00:00+01:00")
    assert day_ends(day("2026-03-02")) == at("2026-03-03T00:00:00+01:00")


def test_the_day_summer_time_begins_has_23_hours_and_the_one_it_ends_25():
    assert day_ends(day("2026-03-29")) - day_starts(day("2026-03-29")) == days(23 / 24)
    assert day_ends(day("2026-10-25")) - day_starts(day("2026-10-25")) == days(25 / 24)
    assert day_starts(day("2026-03-29")) == at("2026-03-28T23:00:00Z")
    assert day_ends(day("2026-03-29")) == at("2026-03-29T22:00:00Z")
    assert day_starts(day("2026-10-25")) == at("2026-10-24T22:00:00Z")
    assert day_ends(day("2026-10-25")) == at("2026-10-25T23:00:00Z")


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-03-01T22:59:59Z", "2026-03-01"),
        ("2026-03-01T23:00:00Z", "2026-03-02"),
        ("2026-07-01T21:59:59Z", "2026-07-01"),
        ("2026-07-01T22:00:00Z", "2026-07-02"),
    ],
)
def test_a_moment_lies_in_the_day_paris_has_then(moment, expected):
    assert local_day(at(moment)) == day(expected)


def test_a_week_later_is_the_same_time_of_the_clock():
    assert days_later(at("2026-03-25T10:00:00+01:00"), 7) == at("2026-04-01T10:00:00+02:00")
    assert days_later(at("2026-10-20T10:00:00+02:00"), 7) == at("2026-10-27T10:00:00+01:00")


def test_without_any_limit_an_enrolment_begins_now_and_has_no_end():
    assert enrolment_period(course=Course(), now=NOON, terms=Terms()) == Period(NOON, None)


@pytest.mark.parametrize(
    ("course", "terms", "starts_at"),
    [
        ({}, {"starts_at": "2026-03-01T00:00:00+01:00"}, NOON),
        ({}, {"starts_at": "2026-03-05T00:00:00+01:00"}, at("2026-03-05T00:00:00+01:00")),
        ({"first_day": "2026-03-01"}, {}, NOON),
        ({"first_day": "2026-03-10"}, {}, at("2026-03-10T00:00:00+01:00")),
        ({"first_day": "2026-03-10"}, {"starts_at": "2026-03-05T00:00:00+01:00"}, at("2026-03-10T00:00:00+01:00")),
        ({"first_day": "2026-03-10"}, {"starts_at": "2026-03-15T00:00:00+01:00"}, at("2026-03-15T00:00:00+01:00")),
    ],
)
def test_it_starts_at_the_latest_of_now_what_was_sold_and_the_first_day(course, terms, starts_at):
    course = Course(**{field: day(text) for field, text in course.items()})
    terms = Terms(**{field: at(text) for field, text in terms.items()})

    assert enrolment_period(course=course, now=NOON, terms=terms).starts_at == starts_at


@pytest.mark.parametrize(
    ("last_day", "ends_at", "duration_days", "expected"),
    [
        (None, None, None, None),
        ("2026-06-30", None, None, "2026-07-01T00:00:00+02:00"),
        (None, "2026-05-01T00:00:00+02:00", None, "2026-05-01T00:00:00+02:00"),
        (None, None, 30, "2026-04-01T12:00:00+02:00"),
        ("2026-06-30", "2026-05-01T00:00:00+02:00", 30, "2026-04-01T12:00:00+02:00"),
        ("2026-06-30", "2026-05-01T00:00:00+02:00", 365, "2026-05-01T00:00:00+02:00"),
        ("2026-03-02", "2026-05-01T00:00:00+02:00", 365, "2026-03-03T00:00:00+01:00"),
    ],
)
def test_it_ends_at_the_earliest_of_what_was_sold_the_duration_and_the_last_day(
    last_day, ends_at, duration_days, expected
):
    course = Course(last_day=day(last_day) if last_day else None)
    terms = Terms(ends_at=at(ends_at) if ends_at else None, duration_days=duration_days)

    period = enrolment_period(course=course, now=NOON, terms=terms)

    assert period.ends_at == (at(expected) if expected else None)


def test_the_duration_counts_from_the_start_not_from_now():
    course = Course(first_day=day("2026-03-28"))

    period = enrolment_period(course=course, now=NOON, terms=Terms(duration_days=2))

    assert period == Period(at("2026-03-28T00:00:00+01:00"), at("2026-03-30T00:00:00+02:00"))


@pytest.mark.parametrize(
    ("course", "terms"),
    [
        (Course(last_day=day("2026-03-01")), Terms()),
        (Course(), Terms(ends_at=NOON)),
        (Course(first_day=day("2026-05-01")), Terms(ends_at=at("2026-04-01T00:00:00+02:00"))),
    ],
)
def test_a_period_that_ends_before_it_begins_is_refused(course, terms):
    with pytest.raises(PeriodOver):
        enrolment_period(course=course, now=NOON, terms=terms)


OPEN_TODAY = {
    "first second of the day enrolment opens": (
        {"enrolment_opens_on": "2026-03-02"},
        "2026-03-02T00:00:00+01:00",
        True,
    ),
    "last second before": ({"enrolment_opens_on": "2026-03-02"}, "2026-03-01T23:59:59+01:00", False),
    "last second of the day it closes": ({"enrolment_closes_on": "2026-03-02"}, "2026-03-02T23:59:59+01:00", True),
    "midnight after": ({"enrolment_closes_on": "2026-03-02"}, "2026-03-03T00:00:00+01:00", False),
    "last second of the last day": ({"last_day": "2026-03-29"}, "2026-03-29T23:59:59+02:00", True),
    "after the last day": ({"last_day": "2026-03-29"}, "2026-03-30T00:00:00+02:00", False),
    "before the first day": ({"first_day": "2026-09-01"}, "2026-03-02T12:00:00+01:00", True),
}


@pytest.mark.django_db
@pytest.mark.parametrize(("limits", "now", "is_open"), OPEN_TODAY.values(), ids=OPEN_TODAY.keys())
def test_a_course_is_open_on_the_days_of_its_enrolment(limits, now, is_open):
    course = CourseFactory(**{field: day(text) for field, text in limits.items()})

    assert course.is_open_at(at(now)) is is_open
    assert Course.objects.open_at(at(now)).filter(pk=course.pk).exists() is is_open


@pytest.mark.django_db
def test_a_hidden_course_is_not_open():
    course = CourseFactory(is_visible=False)

    assert not course.is_open_at(NOON)
    assert not Course.objects.open_at(NOON).exists()
    assert course.is_lasting_at(NOON)
