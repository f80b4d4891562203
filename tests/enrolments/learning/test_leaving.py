"""A person gives their place up before they enter: the seat is free for its account, whose operator is told."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.people.models import User
from enrolments.grounds.models import Enrolment, Ground
from enrolments.learning.leaving import CannotLeave, leave_course, seats_to_leave, shown
from enrolments.seats.enter import enter_course
from enrolments.seats.history.models import SeatEvent
from enrolments.seats.models import Seat
from outbox.mails.models import Mail
from outbox.mails.rendering import render_mail
from tests.enrolments.given import given_session
from tests.enrolments.learners import by_hand, place
from tests.factories.accounts import CustomerAccountFactory, UserFactory
from tests.factories.enrolments import CourseFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def course():
    return CourseFactory(short_name="SEC-1", name="Fire safety")


@pytest.fixture
def bob() -> User:
    return UserFactory(email="bob@example.org", first_name="Bob", last_name="Martin")


@pytest.fixture
def seat(course, bob) -> Seat:
    return place(bob, course, UserFactory(email="alice@example.org", language="en"))


def leave(bob: User, course) -> None:
    seen = shown(seats_to_leave(bob, course))
    leave_course(user=bob, course=course, seen=seen, now=timezone.now())


def test_the_seat_is_free_again_and_the_operator_is_told(seat, bob, course):
    leave(bob, course)

    seat.refresh_from_db()
    assert (seat.state, seat.person, seat.course) == ("available", None, None)
    assert not Ground.objects.live().filter(enrolment__user=bob).exists()
    last = SeatEvent.objects.latest("pk")
    assert (last.actor, last.reason) == (bob, "given_up")
    mail = Mail.objects.get(kind="seats_lapsed")
    assert mail.recipient == "alice@example.org"
    written = render_mail(mail, blank_secrets=True)
    assert written.subject == "1 person gave up their place"
    assert "gave up their place before they entered the course" in written.text
    assert not Mail.objects.filter(kind="place_lost").exists()


def test_other_grounds_stay(seat, bob, course):
    by_hand(bob, course)
    leave(bob, course)
    assert Enrolment.objects.open().filter(user=bob, course=course).exists()


def test_a_sessions_seat_stays_in_its_course(course, bob):
    given_session(course, CustomerAccountFactory(), learners=(bob,), now=timezone.now())
    leave(bob, course)
    assert Seat.objects.values_list("state", "course", "person").get() == ("available", course.pk, None)


def test_who_has_entered_keeps_the_seat(seat, bob, course):
    seen = shown(seats_to_leave(bob, course))
    enter_course(user=bob, course=course, now=timezone.now())
    with pytest.raises(CannotLeave):
        leave_course(user=bob, course=course, seen=seen, now=timezone.now())
    seat.refresh_from_db()
    assert seat.state == "consumed"


def test_a_seat_that_was_given_anew_is_not_given_up_unseen(seat, bob, course):
    with pytest.raises(CannotLeave):
        leave_course(user=bob, course=course, seen="", now=timezone.now())


def browser(user: User) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(user)
    return client


def url(name: str = "learn-leave") -> str:
    return reverse(name, args=["SEC-1"])


def test_the_page_asks_first(seat, bob, course):
    client = browser(bob)
    assert url() in client.get(url("learn-course")).content.decode()

    page = client.get(url())
    seat.refresh_from_db()
    assert seat.state == "assigned"
    client.post(url(), {"seen": page.context["seen"]})

    seat.refresh_from_db()
    assert seat.state == "available"
    assert client.get(url()).status_code == 404


def test_nobody_gives_up_the_place_of_another(seat, bob, course):
    other = UserFactory()
    assert browser(other).post(url(), {"seen": shown(seats_to_leave(bob, course))}).status_code == 404
    by_hand(other, course)
    browser(other).post(url(), {"seen": shown(seats_to_leave(bob, course))})
    seat.refresh_from_db()
    assert seat.state == "assigned"
