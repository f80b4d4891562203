"""std_setuponecoursesession bought by a visitor: the parts of its delivery that wait for the claim."""

import datetime
from dataclasses import replace

import pytest

from accounts.people.delegation.models import Delegation
from enrolments.grounds.models import Enrolment, Ground
from enrolments.seats.models import Seat
from handlers.testing import claim, place
from outbox.mails.models import Mail
from tests.factories.accounts import UserFactory
from tests.factories.enrolments import CourseFactory
from tests.factories.handlers import participant
from tests.handlers.sessions import NAME, NOW, buy, people_in, sold_to_visitor

pytestmark = pytest.mark.django_db


def test_a_visitor_s_session_is_delivered_without_operator(course):
    CourseFactory(short_name="HELP")
    line = sold_to_visitor(participant("ada@example.org"), customersupport="HELP")

    buy(line)

    assert people_in(course, "student") == ["ada@example.org"]
    assert Enrolment.objects.count() == 1
    assert not Delegation.objects.exists()
    assert Seat.objects.get().assigned_by is None
    assert [mail.recipient for mail in Mail.objects.all()] == ["ada@example.org"]


def test_the_claimant_gets_what_an_operator_gets(course):
    CourseFactory(short_name="HELP")
    line = sold_to_visitor(participant("ada@example.org"), customersupport="HELP")
    buy(line)
    claimant = UserFactory(email="visitor@example.org")

    claim(NAME, line, claimant=claimant)

    assert people_in(course, "teacher") == ["visitor@example.org"]
    assert Ground.objects.get(kind=Ground.Kind.SUPERVISION).group.name == line.order_number
    assert Delegation.objects.get().person.email == "ada@example.org"
    assert Enrolment.objects.get(course__short_name="HELP").user == claimant
    assert Mail.objects.count() == 1


def test_the_typed_address_hears_only_at_the_claim_that_it_takes_part_itself(course):
    claimant = UserFactory(email="visitor@example.org")
    line = sold_to_visitor(participant("visitor@example.org"), participant("ada@example.org"))

    buy(line)
    assert [mail.recipient for mail in Mail.objects.all()] == ["ada@example.org"]
    assert people_in(course, "student") == ["ada@example.org", "visitor@example.org"]

    claim(NAME, line, claimant=claimant)
    assert sorted(Mail.objects.values_list("kind", "recipient")) == [
        ("invitation", "ada@example.org"),
        ("seat_assigned", "visitor@example.org"),
    ]


def test_a_claim_before_delivery_attaches_nothing_yet(course):
    line = sold_to_visitor(participant("ada@example.org"))
    place(NAME, line)
    claim(NAME, line, claimant=UserFactory(email="visitor@example.org"))
    assert not Enrolment.objects.exists()
    assert not Delegation.objects.exists()


def test_a_claim_long_after_the_course_harms_nothing(course):
    line = sold_to_visitor(participant("ada@example.org"))
    buy(line)
    late = replace(line, now=NOW + datetime.timedelta(days=400))
    type(course).objects.update(last_day=datetime.date(2026, 6, 30))

    claim(NAME, late, claimant=UserFactory(email="visitor@example.org"))

    assert people_in(course, "teacher") == []
    assert Delegation.objects.count() == 1
