"""std_setuponecoursesession given back: the seats and enrolments that end, and those that stay."""

from dataclasses import replace

import pytest

from accounts.people.models import User
from enrolments.courses.places.services import free
from enrolments.grounds.models import Enrolment
from enrolments.seats.enter import enter_course
from enrolments.seats.models import Seat, SeatState
from handlers.contract import Refusal
from handlers.testing import account_with_operator, deliver, place, revoke
from tests.factories.enrolments import CourseFactory
from tests.factories.handlers import participant
from tests.handlers.sessions import NAME, NOW, buy, people_in, sold

pytestmark = pytest.mark.django_db


def test_a_refunded_unit_takes_its_person_out_and_leaves_the_session(course):
    line = sold(participant("ada@example.org"), participant("bob@example.org"), blank=1)
    buy(line)

    revoke(NAME, line, units=line.units[:1])

    assert people_in(course, "student") == ["bob@example.org"]
    assert people_in(course, "teacher") == [line.operator.email]
    assert free([course.pk]) == {course.pk: 8}


def test_with_the_last_unit_the_operator_leaves_too(course):
    CourseFactory(short_name="HELP")
    line = sold(participant("ada@example.org"), blank=1, customersupport="HELP")
    buy(line)

    revoke(NAME, line)

    assert not Enrolment.objects.open().exists()
    assert set(Seat.objects.values_list("state", flat=True)) == {SeatState.REVOKED}
    assert free([course.pk]) == {course.pk: 10}


def test_what_another_purchase_paid_for_stays(course):
    account, operator = account_with_operator()
    first = sold(participant("ada@example.org"), account=account, operator=operator)
    second = sold(participant("ada@example.org"), account=account, operator=operator)
    buy(first)
    buy(second)

    revoke(NAME, first)

    assert people_in(course, "student") == ["ada@example.org"]
    assert people_in(course, "teacher") == [operator.email]


def test_a_used_seat_is_taken_back_only_by_the_merchant_s_explicit_yes(course):
    line = sold(participant("ada@example.org"), participant("bob@example.org"))
    buy(line)
    bob = User.objects.get(email="bob@example.org")
    enter_course(user=bob, course=course, now=NOW)

    with pytest.raises(Refusal) as refused:
        revoke(NAME, line)
    assert refused.value.unit == 1
    assert Seat.objects.filter(state=SeatState.REVOKED).count() == 0

    revoke(NAME, line, include_consumed=True, note="Agreed by phone")
    assert Seat.objects.filter(state=SeatState.REVOKED).count() == 2


def test_a_unit_given_back_before_delivery_frees_its_place(course):
    line = sold(blank=3)
    place(NAME, line)

    revoke(NAME, line, units=line.units[:1])
    assert free([course.pk]) == {course.pk: 8}

    deliver(NAME, replace(line, units=line.units[1:]))
    assert Seat.objects.count() == 2
    assert free([course.pk]) == {course.pk: 8}
