"""Rivals in processes of their own; the races of whole purchases are in `tests/rivals`."""

import itertools
from functools import partial

import pytest

from enrolments.courses.places.services import taken
from enrolments.grounds.models import Enrolment
from enrolments.seats import moves
from enrolments.seats.models import Seat
from enrolments.seats.revoke import Revoked, revoke_seats
from tests.enrolments import given
from tests.enrolments.given import NOW, assign, given_pack, given_session, history
from tests.factories.accounts import CustomerAccountFactory, UserFactory
from tests.factories.enrolments import CourseFactory
from tests.rivals.given import COUNTING
from tests.rivals.processes import Rival, errors_among, no_row_locks, race

pytestmark = pytest.mark.django_db(transaction=True)


def sessions_of_three(course, count, **how):
    """Set sessions up for which no place was held; return the rivals' answers."""

    def set_up(number, account, people):
        # Each process would count its lines and units from where the test was.
        given.numbers = itertools.count(1_000 * number)
        return given_session(course, account, learners=people, blanks=1).batch.pk

    rivals = [
        partial(set_up, number, CustomerAccountFactory(), tuple(UserFactory.create_batch(2)))
        for number in range(1, count + 1)
    ]
    return race(*rivals, before=COUNTING, after=COUNTING, **how)


def test_seven_places_have_room_for_two_sessions_of_three():
    course = CourseFactory(capacity=7)

    assert errors_among(sessions_of_three(course, 4)) == ["CourseFull"] * 2
    assert taken([course.pk]) == {course.pk: 6}
    assert Seat.objects.count() == 6


def test_control_without_the_courses_lock_all_four_go_in():
    course = CourseFactory(capacity=7)

    assert errors_among(sessions_of_three(course, 4, without=no_row_locks)) == []
    assert taken([course.pk]) == {course.pk: 12}


def test_a_seat_assigned_while_its_line_is_revoked_is_revoked_too():
    account, operator = CustomerAccountFactory(), UserFactory()
    first, second = given_pack(account, seats=2)
    course, other = CourseFactory.create_batch(2)
    assign(first, course, "bob@example.org", operator)
    line_id = first.batch.line_id

    revoked, assigned = race(
        Rival(
            lambda: revoke_seats(line_id=line_id, units=None, actor=None, reason="Refund", now=NOW),
            before=[(moves, "lock_courses")],
        ),
        lambda: assign(second, other, "carol@example.org", operator).is_used,
        in_turn=True,
    )

    assert (revoked.value, assigned.value) == (Revoked(revoked=2, left=0), True)
    assert not Enrolment.objects.open().exists()
    assert history(second)[-1] == ("assigned", "revoked", "Refund")
