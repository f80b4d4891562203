"""Parameter fields: the values they accept, show and store."""

import datetime

import pytest
from django.core.exceptions import ValidationError
from django.test import override_settings
from django.utils import translation

from handlers.moments import Edge, read_moment, show_moment, write_moment
from handlers.parameter_fields import (
    CountField,
    CourseField,
    CoursePatternsField,
    DaysField,
    MomentField,
    ReminderDaysField,
    RoleField,
    SwitchField,
    remind_days_of,
)


def utc(*parts):
    return datetime.datetime(*parts, tzinfo=datetime.UTC)


@pytest.mark.parametrize(
    ("typed", "moment"),
    [
        ("2026-03-31", utc(2026, 3, 30, 22)),
        ("2026-03-31 14:00", utc(2026, 3, 31, 12)),
        ("2026-03-31T14:00:05+00:00", utc(2026, 3, 31, 14, 0, 5)),
        ("1774994400", utc(2026, 3, 31, 22)),
        (datetime.date(2026, 3, 31), utc(2026, 3, 30, 22)),
        (utc(2026, 3, 31, 14), utc(2026, 3, 31, 14)),
        (" ", None),
        ("", None),
        (None, None),
    ],
)
def test_a_moment_is_read_in_the_shop_s_zone(typed, moment):
    assert MomentField().clean(typed) == moment


def test_a_date_without_time_ends_at_24_00():
    assert MomentField(ends=True).clean("2026-03-31") == utc(2026, 3, 31, 22)
    assert MomentField(ends=True).clean("2026-03-31 14:00") == utc(2026, 3, 31, 12)


@pytest.mark.parametrize(
    ("language", "typed"), [("fr", "31/03/2026"), ("en", "31/03/2026"), ("fr", "31/03/2026 14:00")]
)
def test_a_date_picker_may_write_as_its_language_does(language, typed):
    with translation.override(language):
        assert MomentField().clean(typed).date() in (datetime.date(2026, 3, 30), datetime.date(2026, 3, 31))


def test_what_is_no_date_is_told_with_an_example():
    with translation.override("en"), pytest.raises(ValidationError) as error:
        MomentField().clean("tomorrow")
    assert "“tomorrow” is not a date. Write it as 2026-03-31" in error.value.messages[0]


@pytest.mark.parametrize("typed", ["0001-01-01", "01/01/0001", "0001-01-01 00:00", "9999-12-31 24:00"])
def test_a_moment_that_another_zone_cannot_tell_is_no_date(typed):
    with pytest.raises(ValidationError):
        MomentField().clean(typed)


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("2026-03-31", "2026-03-31"),
        ("1774994400", "2026-03-31"),
        ("2026-03-31T14:00:00+02:00", "2026-03-31 14:00:00"),
        ("", ""),
        (None, ""),
        ("tomorrow", "tomorrow"),
    ],
)
def test_on_screen_a_moment_is_always_a_date(stored, shown):
    assert MomentField(ends=True).prepare_value(stored) == shown


def test_the_hour_that_is_repeated_when_clocks_go_back_is_shown_with_its_offset():
    first, second = utc(2026, 10, 25, 0, 30), utc(2026, 10, 25, 1, 30)

    assert show_moment(first, Edge.START) == "2026-10-25 02:30:00"
    assert show_moment(second, Edge.START) == "2026-10-25 02:30:00+01:00"
    assert read_moment(show_moment(second, Edge.START), Edge.START) == second


@override_settings(TIME_ZONE="America/Santiago")
def test_a_day_without_midnight_is_kept_as_the_moment_it_begins():
    # In Chile clocks go forward at 24:00: 6 September 2026 begins at 01:00.
    moment = read_moment("2026-09-06", Edge.START)
    assert read_moment(write_moment(moment, Edge.START), Edge.START) == moment
    assert MomentField().clean(show_moment(moment, Edge.START)) == moment


@pytest.mark.parametrize("typed", ["A,B", "SEC-*", "SEC-%", "A&B", "A=B", "A/B"])
def test_a_course_is_named_by_a_short_name(typed):
    with pytest.raises(ValidationError):
        CourseField().clean(typed)
    assert CourseField().clean("  SEC 01_é ") == "SEC 01_é"


def test_a_course_list_is_kept_as_it_was_typed():
    assert CoursePatternsField().clean(" SEC-*, BUR_% ,,x ") == "SEC-*, BUR_% ,,x"
    with translation.override("en"), pytest.raises(ValidationError, match="No course can be called “A=B”"):
        CoursePatternsField().clean("SEC-*,A=B")


def test_a_role_is_named_by_its_code():
    assert RoleField(initial="teacher").clean("") == "teacher"
    assert RoleField().clean("coach-2_b") == "coach-2_b"
    with pytest.raises(ValidationError):
        RoleField().clean("head coach")


@pytest.mark.parametrize("typed", ["0", "-1", "101", "1.5", "many", "1e3"])
def test_a_count_has_bounds(typed):
    with pytest.raises(ValidationError):
        CountField(min_value=1, max_value=100).clean(typed)


def test_days_are_at_least_one():
    assert DaysField().clean("365") == 365
    assert DaysField().clean("") is None
    with pytest.raises(ValidationError):
        DaysField().clean("0")


@pytest.mark.parametrize(("typed", "value"), [("1", True), ("0", False), ("on", True), (True, True), ("", False)])
def test_a_switch_is_on_or_off(typed, value):
    assert SwitchField(initial=True).clean(typed) is value


# --- Days of reminders ---


@pytest.mark.parametrize(
    ("typed", "kept", "days"),
    [
        ("", "90,30,7", [90, 30, 7]),
        (" 7, 30,90 ,7", "90,30,7", [90, 30, 7]),
        ("14", "14", [14]),
        ("0", "0", []),
    ],
)
def test_days_of_reminders_are_kept_from_the_most_to_the_fewest(typed, kept, days):
    field = ReminderDaysField()

    assert field.to_json(field.clean(typed)) == kept
    assert remind_days_of(kept) == days
    assert field.clean(field.from_string(field.to_string(kept))) == kept


@pytest.mark.parametrize("typed", ["7;30", "-1", "0,7", "181", "7,,30", "1,2,3,4,5,6,7,8,9,10,11", "soon"])
def test_what_is_no_days_is_refused(typed):
    with pytest.raises(ValidationError, match="whole numbers of days"):
        ReminderDaysField().clean(typed)


def test_entries_older_than_the_field_have_the_usual_days():
    assert remind_days_of(None) == [90, 30, 7]
