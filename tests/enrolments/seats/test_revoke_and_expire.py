"""Seats that end: refunded, or not assigned in time."""

import pytest

from enrolments.courses.places.services import taken
from enrolments.extension.services import NothingToExtend
from enrolments.grounds.models import Enrolment, Ground
from enrolments.seats.enter import enter_course
from enrolments.seats.expire import expire_seats
from enrolments.seats.history.models import SeatEvent
from enrolments.seats.models import Seat, SeatState
from enrolments.seats.revoke import Revoked, SeatsConsumed, revoke_seats
from tests.enrolments.extension.given import extended
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


def revoke(batch, **how):
    how = {"units": None, "actor": None, "reason": "Refund", "now": NOW + days(1)} | how
    return revoke_seats(line_id=batch.line_id, **how)


def test_free_and_assigned_seats_are_taken_back(account, operator):
    course = CourseFactory()
    free, given = given_pack(account, seats=2)
    bob = assign(given, course, "bob@example.org", operator).user

    result = revoke(free.batch, actor=operator)

    assert result == Revoked(revoked=2, left=0)
    for seat in (free, given):
        seat.refresh_from_db()
        assert (seat.state, seat.person, seat.enrolment) == (SeatState.REVOKED, None, None)
    assert history(given)[-1] == ("assigned", "revoked", "Refund")
    assert (given.events.last().person, given.events.last().course) == (bob, course)
    assert not Enrolment.objects.open().exists()
    assert not Ground.objects.live().exists()


def test_what_another_purchase_paid_for_stays(account, operator):
    course = CourseFactory()
    [theirs] = given_pack(CustomerAccountFactory())
    bob = assign(theirs, course, "bob@example.org", UserFactory()).user
    [mine] = given_pack(account)
    assign(mine, course, "bob@example.org", operator)

    revoke(mine.batch)

    assert Enrolment.objects.open().filter(user=bob).exists()


def test_only_the_units_told_are_taken_back(account):
    made = given_session(CourseFactory(capacity=3), account, learners=(UserFactory(),), blanks=2)
    _kept, *others = made.batch.seats.order_by("unit_index")
    assert [seat.unit_index for seat in others] == [1, 2]

    result = revoke(made.batch, units=[range(1, 3)])

    assert result == Revoked(revoked=2, left=1)
    assert taken([made.batch.course_id]) == {made.batch.course_id: 1}


def test_a_used_seat_stops_all_of_it(account, operator):
    course = CourseFactory()
    used, free = given_pack(account, seats=2)
    bob = assign(used, course, "bob@example.org", operator).user
    enter_course(user=bob, course=course, now=NOW)

    with pytest.raises(SeatsConsumed) as refused:
        revoke(used.batch)

    assert refused.value.count == 1
    free.refresh_from_db()
    assert free.state == SeatState.AVAILABLE


def test_the_merchants_explicit_yes_takes_a_used_seat_back(account, operator):
    course = CourseFactory()
    [used] = given_pack(account)
    bob = assign(used, course, "bob@example.org", operator).user
    enter_course(user=bob, course=course, now=NOW)

    assert revoke(used.batch, consumed_too=True) == Revoked(revoked=1, left=0)
    assert history(used)[-1] == ("consumed", "revoked", "Refund")
    assert not Enrolment.objects.open().exists()


def test_revoking_twice_is_once(account):
    [seat] = given_pack(account)
    revoke(seat.batch)

    assert revoke(seat.batch) == Revoked(revoked=0, left=0)
    assert seat.events.count() == 2


def test_seats_expire_at_the_end_of_their_validity_and_not_before(account, operator):
    free, given = given_pack(account, seats=2, valid_until=NOW + days(30))
    assign(given, CourseFactory(), "bob@example.org", operator)

    assert expire_seats(now=NOW + days(30) - days(1) / 86_400) == 0
    assert expire_seats(now=NOW + days(30)) == 1
    assert expire_seats(now=NOW + days(31)) == 0

    free.refresh_from_db()
    given.refresh_from_db()
    assert (free.state, given.state) == (SeatState.EXPIRED, SeatState.ASSIGNED)
    assert history(free)[-1] == ("available", "expired", "expired")


def test_seats_without_end_never_expire(account):
    given_pack(account)
    given_session(CourseFactory(), account, blanks=1)

    assert expire_seats(now=NOW + days(10_000)) == 0


def test_expiry_goes_on_where_it_stopped(account):
    given_pack(account, seats=5, valid_until=NOW)

    assert [expire_seats(now=NOW, limit=2) for _ in range(4)] == [2, 2, 1, 0]
    assert SeatEvent.objects.filter(to_state="expired").count() == 5


def test_an_expired_seat_is_not_refunded_again(account):
    [seat] = given_pack(account, valid_until=NOW)
    expire_seats(now=NOW)

    assert revoke(seat.batch) == Revoked(revoked=0, left=0)
    assert history(seat)[-1] == ("expired", "revoked", "Refund")


def test_an_expired_seat_that_was_refunded_is_brought_back_by_no_extension(account):
    [seat] = given_pack(account, valid_until=NOW)
    expire_seats(now=NOW)
    revoke(seat.batch)

    with pytest.raises(NothingToExtend):
        extended(account, seat, now=NOW + days(1))

    seat.refresh_from_db()
    assert seat.state == SeatState.REVOKED
    assert not Seat.objects.assignable_at(NOW + days(1)).exists()
