"""Bounds and refusals of seats and sessions."""

import pytest
from django.utils import translation

from enrolments.courses.places.services import (
    CourseFull,
    CourseOver,
)
from enrolments.grounds.enrol_line import enrol_on_line
from enrolments.seats.enter import enter_course
from enrolments.seats.expire import expire_seats
from enrolments.seats.history.models import SeatEvent
from enrolments.seats.models import Seat, SeatState
from enrolments.seats.moves import (
    SeatConsumed,
    SeatNotAssigned,
    SeatNotFree,
    SeatsRaced,
    lock_unmoved,
    move_locked_seats,
    refusal,
    with_locked_seats,
)
from enrolments.seats.placing import CourseNotAllowed
from enrolments.seats.release import release_seat
from enrolments.sessions.services import SessionPlace, create_session_seats
from enrolments.values import Terms
from tests.enrolments.given import ENTRY, NOW, assign, day, days, given_pack, given_session, new_line
from tests.factories.accounts import CustomerAccountFactory, UserFactory
from tests.factories.enrolments import CourseFactory, role

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


@pytest.fixture
def account():
    return CustomerAccountFactory()


@pytest.fixture
def operator():
    return UserFactory(email="alice@example.org")


def test_a_seat_that_moved_meanwhile_is_not_moved_and_leaves_no_history(account, operator):
    course = CourseFactory()
    [seat] = given_pack(account)
    assign(seat, course, "bob@example.org", operator)
    stale = Seat.objects.get(pk=seat.pk)
    release_seat(account=account, seat_id=seat.pk, actor=operator, now=NOW)
    assign(seat, course, "carol@example.org", operator, now=NOW + days(1))
    before = SeatEvent.objects.count()

    unmoved = lock_unmoved([stale])

    assert unmoved == set()
    assert SeatEvent.objects.count() == before
    seat.refresh_from_db()
    assert (seat.state, seat.person.email) == ("assigned", "carol@example.org")


def test_locked_seats_that_moved_all_the_same_are_an_error(account):
    seats = given_pack(account, seats=2)
    Seat.objects.filter(pk=seats[0].pk).update(state="expired")

    with pytest.raises(RuntimeError, match="1 of 2 seats moved"):
        move_locked_seats(
            seats=seats, to_state=SeatState.REVOKED, changes={}, actor=None, reason="Refund", now=NOW
        )  # fmt: skip


def test_no_seats_are_no_move(account):
    move_locked_seats(seats=[], to_state=SeatState.REVOKED, changes={}, actor=None, reason="Refund", now=NOW)

    assert not SeatEvent.objects.exists()


def test_seats_that_keep_moving_between_courses_are_given_up_after_three_times(account, monkeypatch):
    tried = []
    monkeypatch.setattr("enrolments.seats.moves._lock_seats", lambda seats: tried.append(1))

    with pytest.raises(SeatsRaced):
        with_locked_seats(Seat.objects.all(), lambda seats: pytest.fail("worked"))

    assert len(tried) == 3


@pytest.mark.parametrize(
    ("kind", "told"), [(SeatNotAssigned, SeatConsumed), (SeatNotFree, SeatNotFree)], ids=["release", "assign"]
)
def test_a_refusal_names_who_moved_the_seat_last(account, operator, kind, told):
    course = CourseFactory()
    [seat] = given_pack(account)
    bob = assign(seat, course, "bob@example.org", operator).user
    before = refusal(kind, seat.pk)
    enter_course(user=bob, course=course, now=NOW + days(1))

    after = refusal(kind, seat.pk)

    assert (type(before), before.actor, before.at, before.state) == (kind, operator, NOW, "assigned")
    assert operator.get_full_name() in str(before)
    assert (type(after), after.actor, after.at, after.state) == (told, bob, NOW + days(1), "consumed")
    nobody = refusal(kind, 0)
    assert (type(nobody), nobody.actor, nobody.at, nobody.state) == (kind, None, None, "")


def test_a_seat_nobody_moved_in_person_is_refused_without_a_name(account):
    [seat] = given_pack(account)

    assert str(refusal(SeatNotFree, seat.pk)).startswith("This seat is no longer free: it was changed on")
    assert "None" not in str(refusal(SeatNotFree, seat.pk))


def test_a_used_seat_is_refused_without_a_name_too(account):
    [seat] = given_pack(account)
    SeatEvent.objects.create(
        seat=seat, account=account, at=NOW, from_state="assigned", to_state="consumed", reason="Entered"
    )  # fmt: skip

    told = str(refusal(SeatNotAssigned, seat.pk))

    assert told.startswith("This seat is used: the person entered the course on 2 March 2026")


def test_a_course_that_was_not_sold_is_named(account, operator):
    [seat] = given_pack(account, course_list="FIRE")
    course = CourseFactory(short_name="WATER")

    with pytest.raises(CourseNotAllowed) as refused:
        assign(seat, course, "bob@example.org", operator)

    assert refused.value.course == course
    assert course.name in str(refused.value)


def test_a_seat_is_assignable_until_its_last_moment(account, operator):
    course = CourseFactory()
    [seat] = given_pack(account, valid_until=NOW + days(1))

    assert assign(seat, course, "bob@example.org", operator, now=NOW + days(1) - days(1) / 86_400).is_used


def test_seats_expire_in_their_order_and_no_more_than_asked(account):
    seats = given_pack(account, seats=3, valid_until=NOW + days(1))

    assert expire_seats(now=NOW + days(1), limit=2) == 2

    states = Seat.objects.filter(pk__in=[seat.pk for seat in seats]).order_by("pk").values_list("state", flat=True)
    assert list(states) == ["expired", "expired", "available"]


def test_of_a_released_session_seat_the_place_is_kept_unless_the_person_stays(account, operator):
    course, (bob, carol) = CourseFactory(), UserFactory.create_batch(2)
    made = given_session(course, account, learners=(bob, carol))
    enrol_on_line(line=new_line(account), course=course, user=carol, role=role(), group=None, terms=Terms(), now=NOW)
    of_bob, of_carol = made.batch.seats.order_by("unit_index")

    gone = release_seat(account=account, seat_id=of_bob.pk, actor=operator, now=NOW)
    stays = release_seat(account=account, seat_id=of_carol.pk, actor=operator, now=NOW)

    assert (gone.keeps_place, gone.course) == (True, course)
    assert (stays.keeps_place, stays.course) == (False, course)
    assert list(made.batch.seats.order_by("unit_index").values_list("keeps_place", flat=True)) == [True, False]


def test_nobody_sits_on_two_seats_of_one_session(account):
    bob = UserFactory()
    places = [SessionPlace(index, role=role(), user=bob) for index in range(2)]
    how = {"supervisor_role": None, "terms": Terms(), "operator": None, "sold_at": NOW, "now": NOW}

    with pytest.raises(ValueError, match="two seats of one session"):
        create_session_seats(line=new_line(account), entry=ENTRY, course=CourseFactory(), places=places, **how)

    assert not Seat.objects.exists()


def test_a_session_in_a_course_that_is_over_is_refused_by_name(account):
    course = CourseFactory(last_day=day("2026-03-01"))

    with pytest.raises(CourseOver) as over:
        given_session(course, account, blanks=1)

    assert over.value.course == course
    assert course.name in str(over.value)


def test_a_session_that_held_no_places_needs_free_ones(account):
    with pytest.raises(CourseFull):
        given_session(CourseFactory(capacity=1), account, blanks=2)


def test_a_session_tells_who_was_there_on_this_accounts_ground_and_no_others(account):
    course, (bob, carol, dan) = CourseFactory(), UserFactory.create_batch(3)
    for user, whose in ((bob, account), (carol, CustomerAccountFactory())):
        enrol_on_line(
            line=new_line(whose), course=course, user=user, role=role(), group=None,
            terms=Terms(ends_at=NOW + days(9)), now=NOW,
        )  # fmt: skip

    made = given_session(course, account, learners=(bob, carol, dan))

    assert [(each.user_id, each.until) for each in made.already] == [(bob.pk, NOW + days(9))]
