"""std_setuponecoursesession at checkout: places are held, and a session that cannot be had is refused."""

import datetime
from types import SimpleNamespace

import pytest

from accounts.people.models import User
from enrolments.courses.places.models import PlaceHold
from enrolments.courses.places.services import free
from enrolments.seats.models import Seat
from handlers.contract import Refusal, RevokeReason
from handlers.registry import get_handler
from handlers.testing import parameters, place, revoke
from tests.factories.enrolments import CourseFactory
from tests.factories.handlers import participant
from tests.handlers.sessions import NAME, buy, in_english, sold

pytestmark = pytest.mark.django_db


def test_a_place_is_held_for_every_unit_from_checkout_on(course):
    line = sold(participant("ada@example.org"), blank=2)

    place(NAME, line)

    assert PlaceHold.objects.get().places == 3
    assert free([course.pk]) == {course.pk: 7}
    assert not Seat.objects.exists()
    assert not User.objects.filter(email="ada@example.org").exists()


def test_too_few_places_are_refused_with_the_number_that_is_left(course):
    place(NAME, sold(blank=8))

    with pytest.raises(Refusal) as refused:
        place(NAME, sold(blank=3))

    assert in_english(refused.value) == (
        "Only 2 places are left in the course “Fire safety”. Lower the quantity, or ask us about other dates."
    )
    assert free([course.pk]) == {course.pk: 2}


def test_a_full_course_is_refused(course):
    place(NAME, sold(blank=10))
    with pytest.raises(Refusal) as refused:
        place(NAME, sold(blank=1))
    assert in_english(refused.value).startswith("The course “Fire safety” is full.")


def test_the_refusal_speaks_the_customer_s_language(course):
    place(NAME, sold(blank=10))
    with pytest.raises(Refusal) as refused:
        place(NAME, sold(blank=1))
    assert sorted(refused.value.in_every_language()) == ["en", "fr"]
    assert "Cours SEC-01" in refused.value.in_every_language()["fr"]


@pytest.mark.parametrize(
    "closed",
    [
        {"is_visible": False},
        {"enrolment_opens_on": datetime.date(2026, 3, 3)},
        {"enrolment_closes_on": datetime.date(2026, 3, 1)},
        {"last_day": datetime.date(2026, 3, 1)},
    ],
)
def test_a_course_that_is_not_open_is_not_sold(closed):
    CourseFactory(short_name="SEC-01", **closed)
    with pytest.raises(Refusal):
        place(NAME, sold(blank=1))
    assert not PlaceHold.objects.exists()


def test_an_entry_whose_course_does_not_exist_is_not_sold():
    with pytest.raises(Refusal) as refused:
        place(NAME, sold(blank=1, coursename="NONE"))
    assert in_english(refused.value).startswith("“An entry” cannot be had for the moment")


def test_a_session_that_would_be_over_is_not_sold(course):
    with pytest.raises(Refusal):
        place(NAME, sold(blank=1, endtime="2026-03-01"))


@pytest.mark.parametrize("role", ["coach", "student"])
def test_the_operator_s_role_must_be_a_supervisor_s(course, role):
    with pytest.raises(Refusal):
        place(NAME, sold(blank=1, supervisor=role))


def test_people_who_are_in_the_course_already_need_a_place_like_others_so_that_nobody_learns_who_is(course):
    buy(sold(*[participant(f"p{n}@example.org") for n in range(9)]))
    with pytest.raises(Refusal):
        place(NAME, sold(participant("p1@example.org"), participant("p2@example.org")))


def test_an_order_that_ends_unpaid_frees_its_places_and_money_that_comes_late_takes_them_again(course):
    line = sold(blank=4)
    place(NAME, line)

    revoke(NAME, line, why=RevokeReason.UNPAID)
    assert free([course.pk]) == {course.pk: 10}

    get_handler(NAME).retake(line)
    assert free([course.pk]) == {course.pk: 6}


def test_late_money_is_refused_when_the_places_are_gone(course):
    line = sold(blank=4)
    place(NAME, line)
    revoke(NAME, line, why=RevokeReason.UNPAID)
    place(NAME, sold(blank=8))

    with pytest.raises(Refusal):
        get_handler(NAME).retake(line)

    assert free([course.pk]) == {course.pk: 2}


def test_late_money_takes_the_places_though_enrolment_has_closed(course):
    line = sold(blank=4)
    place(NAME, line)
    revoke(NAME, line, why=RevokeReason.UNPAID)
    type(course).objects.update(is_visible=False)

    get_handler(NAME).retake(line)

    assert free([course.pk]) == {course.pk: 6}


def findings(**typed):
    entry = SimpleNamespace(code="SESSION", parameters=parameters(NAME, **typed))
    return [(str(found.level), found.field, in_english(found.message)) for found in get_handler(NAME).check(entry)]


def test_a_sound_entry_has_no_findings(course):
    assert findings(coursename="SEC-01") == []


def test_findings_about_the_course():
    CourseFactory(short_name="FULL", name_en="Full", capacity=1)
    buy(sold(blank=1, coursename="FULL"))
    CourseFactory(short_name="HIDDEN", name_en="Hidden", is_visible=False)
    CourseFactory(short_name="OVER", name_en="Over", last_day=datetime.date(2020, 1, 1))

    assert [found[:2] for found in findings(coursename="NONE")] == [("error", "coursename")]
    assert findings(coursename="OVER") == [
        ("error", "coursename", "The course “Over” ended on 1 January 2020: whoever buys this is refused.")
    ]
    assert [found[:2] for found in findings(coursename="HIDDEN")] == [("warning", "coursename")]
    assert findings(coursename="FULL") == [
        ("warning", "coursename", "The course “Full” is full: whoever buys this is refused for the moment.")
    ]
