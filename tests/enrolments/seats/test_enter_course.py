"""The button *Enter*."""

import pytest

from enrolments.courses.roles.models import Role
from enrolments.grounds.by_hand import enrol_by_hand
from enrolments.grounds.models import Enrolment
from enrolments.seats.enter import Entry, NotEnrolled, enter_course
from enrolments.seats.models import SeatState
from enrolments.seats.release import release_seat
from enrolments.seats.revoke import revoke_seats
from enrolments.values import Period, Terms
from tests.enrolments.given import NOW, assign, days, given_pack, given_session, history
from tests.factories.accounts import CustomerAccountFactory, UserFactory
from tests.factories.enrolments import CourseFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def course():
    return CourseFactory(link="https://learn.example.org/fire")


@pytest.fixture
def bob():
    return UserFactory(email="bob@example.org")


def test_entering_uses_every_seat_assigned_there(course, bob):
    [pack] = given_pack(CustomerAccountFactory())
    assign(pack, course, bob.email, UserFactory())
    session = given_session(course, CustomerAccountFactory(), learners=(bob,)).batch.seats.get()

    entry = enter_course(user=bob, course=course, now=NOW + days(1))

    assert entry == Entry(link="https://learn.example.org/fire", consumed=2)
    for seat in (pack, session):
        seat.refresh_from_db()
        assert (seat.state, seat.person, seat.consumed_at) == (SeatState.CONSUMED, bob, NOW + days(1))
        assert history(seat)[-1] == ("assigned", "consumed", "entered")


def test_seats_of_other_courses_and_people_stay(course, bob):
    mine, elsewhere, other = given_pack(CustomerAccountFactory(), seats=3)
    operator = UserFactory()
    assign(mine, course, bob.email, operator)
    assign(elsewhere, CourseFactory(), bob.email, operator)
    assign(other, course, "carol@example.org", operator)

    enter_course(user=bob, course=course, now=NOW)

    for seat in (elsewhere, other):
        seat.refresh_from_db()
        assert seat.state == SeatState.ASSIGNED


def test_entering_again_gives_the_link_and_uses_nothing(course, bob):
    [seat] = given_pack(CustomerAccountFactory())
    assign(seat, course, bob.email, UserFactory())
    enter_course(user=bob, course=course, now=NOW)

    assert enter_course(user=bob, course=course, now=NOW + days(1)) == Entry(course.link, 0)
    assert seat.events.count() == 3


def test_the_first_entry_is_kept_whatever_the_enrolment_stands_on(course, bob):
    enrol_by_hand(course=course, user=bob, role=Role.objects.get(code="student"), period=Period(NOW), now=NOW)

    for later in (1, 2):
        enter_course(user=bob, course=course, now=NOW + days(later))

    enrolment = Enrolment.objects.get(user=bob)
    assert enrolment.first_entered_at == NOW + days(1)
    assert [event.at for event in enrolment.events.filter(what="entered")] == [NOW + days(1)]


def test_who_is_enrolled_anew_enters_for_the_first_time_again(course, bob):
    [first], [second] = given_pack(CustomerAccountFactory()), given_pack(CustomerAccountFactory())
    operator = UserFactory()
    assign(first, course, bob.email, operator)
    enter_course(user=bob, course=course, now=NOW)
    revoke_seats(line_id=first.batch.line_id, units=None, actor=None, reason="refunded", now=NOW, consumed_too=True)

    assign(second, course, bob.email, operator)

    assert list(Enrolment.objects.filter(user=bob).order_by("pk").values_list("first_entered_at", flat=True)) == [
        NOW,
        None,
    ]


@pytest.mark.parametrize("case", ["never", "not yet", "over", "released"])
def test_who_is_not_enrolled_now_stays_outside(course, bob, case):
    operator = UserFactory()
    account = CustomerAccountFactory()
    terms = {"not yet": Terms(starts_at=NOW + days(1)), "over": Terms(duration_days=1)}.get(case, Terms())
    now = NOW + days(2) if case == "over" else NOW
    [seat] = given_pack(account, terms=terms)
    if case != "never":
        assign(seat, course, bob.email, operator)
    if case == "released":
        release_seat(account=account, seat_id=seat.pk, actor=operator, now=NOW)

    with pytest.raises(NotEnrolled):
        enter_course(user=bob, course=course, now=now)

    seat.refresh_from_db()
    assert seat.consumed_at is None


def test_a_supervisor_enters_and_uses_nobodys_seat(course):
    operator = UserFactory()
    [seat] = given_pack(CustomerAccountFactory())
    assign(seat, course, "bob@example.org", operator)

    assert enter_course(user=operator, course=course, now=NOW).consumed == 0
