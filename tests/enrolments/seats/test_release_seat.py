"""Releasing a seat of a person who has not begun."""

import pytest

from enrolments.courses.places.services import CourseFull, taken
from enrolments.grounds.models import Enrolment, EnrolmentEvent, Ground
from enrolments.seats.enter import enter_course
from enrolments.seats.models import SeatState
from enrolments.seats.moves import SeatConsumed, SeatMoved, SeatNotAssigned, SeatNotFound, state_shown
from enrolments.seats.release import release_seat
from enrolments.values import Terms
from tests.enrolments.given import NOW, assign, days, given_pack, given_session, history
from tests.factories.accounts import CustomerAccountFactory, UserFactory
from tests.factories.enrolments import CourseFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def account():
    return CustomerAccountFactory()


@pytest.fixture
def operator():
    return UserFactory(email="alice@example.org")


def release(seat, operator, **how):
    return release_seat(account=seat.account, seat_id=seat.pk, actor=operator, now=NOW + days(1), **how)


def test_a_released_pack_seat_is_free_for_any_course_again(account, operator):
    course = CourseFactory(capacity=1)
    [seat] = given_pack(account)
    bob = assign(seat, course, "bob@example.org", operator).user

    release(seat, operator, reason="Moved to another team")

    seat.refresh_from_db()
    assert (seat.state, seat.person, seat.course, seat.enrolment, seat.keeps_place) == (
        "available",
        None,
        None,
        None,
        False,
    )
    assert history(seat)[-1] == ("assigned", "available", "Moved to another team")
    assert (seat.events.last().person, seat.events.last().course) == (bob, course)
    assert taken([course.pk]) == {course.pk: 0}


def test_the_enrolment_ends_with_its_last_ground(account, operator):
    course = CourseFactory()
    [seat] = given_pack(account)
    bob = assign(seat, course, "bob@example.org", operator).user

    release(seat, operator)

    assert history(seat)[-1] == ("assigned", "available", "released")
    enrolment = Enrolment.objects.get(user=bob)
    assert enrolment.closed_at == NOW + days(1)
    assert list(EnrolmentEvent.objects.filter(enrolment=enrolment).order_by("pk").values_list("what", flat=True)) == [
        "opened",
        "group_joined",
        "closed",
        "group_left",
    ]


def test_releasing_takes_nothing_away_that_another_purchase_paid_for(account, operator):
    course = CourseFactory()
    [mine] = given_pack(account, terms=Terms(ends_at=NOW + days(200)))
    [theirs] = given_pack(CustomerAccountFactory(), terms=Terms(ends_at=NOW + days(30)))
    bob = assign(theirs, course, "bob@example.org", UserFactory()).user
    assign(mine, course, "bob@example.org", operator)

    release(mine, operator)

    enrolment = Enrolment.objects.get(user=bob)
    assert (enrolment.closed_at, enrolment.ends_at) == (None, NOW + days(30))


def test_a_released_session_seat_keeps_its_place_and_role(account, operator):
    course = CourseFactory(capacity=1)
    made = given_session(course, account, tutors=(UserFactory(),))

    seat = release(made.batch.seats.get(), operator)

    seat.refresh_from_db()
    assert (seat.state, seat.course, seat.role.code, seat.keeps_place) == ("available", course, "tutor", True)
    assert taken([course.pk]) == {course.pk: 1}


def test_a_session_seat_whose_person_stays_keeps_no_place(account, operator):
    course = CourseFactory(capacity=1)
    bob = UserFactory()
    [theirs] = given_pack(CustomerAccountFactory())
    assign(theirs, course, bob.email, UserFactory())
    made = given_session(course, account, learners=(bob,))

    seat = release(made.batch.seats.get(), operator)

    assert not seat.keeps_place
    assert taken([course.pk]) == {course.pk: 1}
    with pytest.raises(CourseFull):
        assign(seat, course, "carol@example.org", operator)


def test_filling_it_again_needs_a_free_place_and_takes_it(account, operator):
    course = CourseFactory(capacity=2)
    bob = UserFactory()
    [theirs] = given_pack(CustomerAccountFactory())
    assign(theirs, course, bob.email, UserFactory())
    made = given_session(course, account, learners=(bob,))
    seat = release(made.batch.seats.get(), operator)

    assert assign(seat, course, "carol@example.org", operator).is_used

    assert taken([course.pk]) == {course.pk: 2}


def test_who_supervises_elsewhere_in_the_course_does_not_keep_the_seats_place(account, operator):
    course = CourseFactory()
    made = given_session(course, account, learners=(operator,), blanks=1)
    assign(made.batch.seats.get(state="available"), course, "bob@example.org", operator)

    seat = release(made.batch.seats.get(person=operator), operator)

    assert seat.keeps_place


def test_once_entered_a_seat_stays_used(account, operator):
    course = CourseFactory()
    [seat] = given_pack(account)
    bob = assign(seat, course, "bob@example.org", operator).user
    enter_course(user=bob, course=course, now=NOW)

    with pytest.raises(SeatConsumed):
        release(seat, operator)

    seat.refresh_from_db()
    assert (seat.state, seat.person) == (SeatState.CONSUMED, bob)
    assert Ground.objects.live().filter(seat=seat).count() == 2


def test_releasing_twice_tells_who_was_first(account, operator):
    course = CourseFactory()
    [seat] = given_pack(account)
    assign(seat, course, "bob@example.org", operator)
    release(seat, operator)

    with pytest.raises(SeatNotAssigned) as refused:
        release(seat, UserFactory())

    assert (refused.value.actor, refused.value.at) == (operator, NOW + days(1))


def test_only_the_person_seen_is_taken_off(account, operator):
    course = CourseFactory()
    [seat] = given_pack(account)
    assign(seat, course, "bob@example.org", operator)
    seat.refresh_from_db()
    seen = state_shown(seat)
    release(seat, operator)
    carol = assign(seat, course, "carol@example.org", operator).user

    with pytest.raises(SeatMoved):
        release(seat, operator, seen=seen)

    seat.refresh_from_db()
    assert seat.person == carol


def test_a_seat_of_another_account_does_not_exist(account, operator):
    [seat] = given_pack(CustomerAccountFactory())
    assign(seat, CourseFactory(), "bob@example.org", operator)

    with pytest.raises(SeatNotFound):
        release_seat(account=account, seat_id=seat.pk, actor=operator, now=NOW)


def test_a_seat_that_nobody_has_is_shown_by_its_state_alone(account):
    [seat] = given_pack(account)

    assert state_shown(seat) == "available"
