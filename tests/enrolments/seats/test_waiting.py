"""Seats and people that the overview of an account names: Bob operates the account."""

import datetime

import pytest
from django.test import Client
from django.utils import timezone

from accounts.links.models import AddressLink
from accounts.people.models import User
from enrolments.courses.models import Course
from enrolments.seats.enter import enter_course
from tests.enrolments.given import assign, days, given_pack, given_session
from tests.factories.accounts import CustomerAccountFactory, MembershipFactory, UserFactory
from tests.factories.enrolments import CourseFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def account():
    return CustomerAccountFactory()


@pytest.fixture
def bob(account):
    return MembershipFactory(account=account, is_owner=False, is_operator=True).user


@pytest.fixture
def waiting(account, bob):
    """Return a function that reads the account's overview as Bob."""

    def read():
        client = Client(headers={"accept-language": "en"})
        client.force_login(bob)
        return client.get(f"/account/{account.pk}/").context["waiting"]

    return read


def test_sessions_with_blank_seats_are_named_the_first_to_begin_first(account, waiting):
    later = given_session(CourseFactory(name_en="Later", first_day=datetime.date(2098, 1, 1)), account, blanks=1)
    sooner = given_session(CourseFactory(name_en="Sooner", first_day=datetime.date(2097, 1, 1)), account, blanks=3)
    over = given_session(CourseFactory(), account, blanks=1)
    Course.objects.filter(pk=over.group.course_id).update(last_day=datetime.date(2020, 1, 1))
    given_session(CourseFactory(), account, learners=(UserFactory(),))
    given_session(CourseFactory(), CustomerAccountFactory(), blanks=1)

    assert [(waits.text, waits.url) for waits in waiting()] == [
        (
            f"“Sooner”, order {sooner.group.name}: 3 seats to fill.",
            f"/account/{account.pk}/sessions/{sooner.group.pk}/",
        ),
        (f"“Later”, order {later.group.name}: 1 seat to fill.", f"/account/{account.pk}/sessions/{later.group.pk}/"),
    ]


def test_many_sessions_are_not_all_named(account, waiting):
    for _ in range(7):
        given_session(CourseFactory(), account, blanks=1)

    told = waiting()

    assert len(told) == 6
    assert (told[-1].text, told[-1].url) == (
        "Further sessions have seats to fill.",
        f"/account/{account.pk}/sessions/",
    )


@pytest.mark.parametrize(("left", "is_told"), [(1, True), (30, True), (31, False), (-1, False), (None, False)])
def test_free_seats_are_named_thirty_days_before_they_end(account, waiting, left, is_told):
    given_pack(account, seats=2, valid_until=None if left is None else timezone.now() + days(left))

    told = waiting()

    assert len(told) == is_told
    if is_told:
        assert told[0].text.startswith("2 free seats of “")
        assert told[0].url == f"/account/{account.pk}/seats/?entry=SAFETY&state=ending"
        assert told[0].is_wrong


def test_seats_that_somebody_has_do_not_end(account, bob, waiting):
    [seat] = given_pack(account, valid_until=timezone.now() + days(2))
    dan = assign(seat, CourseFactory(), "dan@example.org", bob, now=timezone.now()).user
    AddressLink.objects.filter(user=dan).update(used_at=timezone.now())

    assert waiting() == []


def test_people_who_left_their_invitation_unanswered_are_counted(account, bob, waiting):
    course = CourseFactory()
    first, second, third = given_pack(account, seats=3)
    carol = assign(first, course, "carol@example.org", bob, now=timezone.now()).user
    dan = assign(second, course, "dan@example.org", bob, now=timezone.now()).user
    eve = assign(third, course, "eve@example.org", bob, now=timezone.now()).user
    assert [waits.text for waits in waiting()] == ["3 people have not accepted their invitations yet."]

    AddressLink.objects.filter(user=carol).update(used_at=timezone.now())
    User.objects.filter(pk=dan.pk).update(last_login=timezone.now())
    [waits] = waiting()
    assert (waits.text, waits.url) == (
        "1 person has not accepted the invitation yet.",
        f"/account/{account.pk}/people/?state=invited",
    )

    enter_course(user=eve, course=course, now=timezone.now())
    assert waiting() == []


def test_whether_somebody_is_known_elsewhere_is_not_told(account, bob, waiting):
    [theirs] = given_pack(CustomerAccountFactory())
    dan = assign(theirs, CourseFactory(), "dan@example.org", UserFactory(), now=timezone.now()).user
    [seat] = given_pack(account)
    assign(seat, CourseFactory(), dan.email, bob, now=timezone.now())
    before = waiting()

    User.objects.filter(pk=dan.pk).update(last_login=timezone.now())
    AddressLink.objects.exclude(account=account).update(used_at=timezone.now())

    assert waiting() == before
