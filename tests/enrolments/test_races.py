"""Rivals at the same moment, each on a connection of his own. Every guard has a negative control: taken away, the same
race goes wrong, so the test can fail."""

import pytest
from django.db import IntegrityError

from enrolments.models import Enrolment, PlaceHold, Seat
from enrolments.services import places
from enrolments.services.places import CourseFull, hold_places, taken
from enrolments.services.seats import assign as assign_module
from enrolments.services.seats import enter as enter_module
from enrolments.services.seats import moves
from enrolments.services.seats import release as release_module
from enrolments.services.seats import session as session_module
from enrolments.services.seats.assign import Assignment
from enrolments.services.seats.enter import Entry, NotEnrolled, enter_course
from enrolments.services.seats.moves import SeatConsumed, SeatNotFree
from enrolments.services.seats.release import release_seat
from enrolments.services.seats.revoke import Revoked, revoke_seats
from tests.enrolments.given import NOW, assign, given_pack, given_session, history, new_line
from tests.enrolments.rivals import MeetingPoint, at_once, before, count_together, in_between, without_row_locks
from tests.factories.accounts import CustomerAccountFactory, UserFactory
from tests.factories.enrolments import CourseFactory

pytestmark = pytest.mark.django_db(transaction=True)


def outcomes(answers) -> list[str]:
    return sorted(type(answer).__name__ for answer in answers)


class Unguarded:
    """What `moves.still` gives when nobody asks for the state: an update that hits whatever is there."""

    def __init__(self, seat_ids, *_states):
        self.seats = Seat.objects.filter(pk__in=seat_ids)

    def filter(self, **_condition):
        return self

    def update(self, **changes):
        return self.seats.update(**changes)


# The last place of a course


def two_holds(course):
    lines = [new_line(CustomerAccountFactory()) for _ in range(2)]
    return at_once(*(lambda line=line: hold_places(course=course, line=line, places=1, now=NOW) for line in lines))


def test_the_last_place_is_held_once(monkeypatch):
    course = CourseFactory(capacity=1)
    count_together(monkeypatch, "refuse_overfull", places, parties=2)

    answers = two_holds(course)

    assert outcomes(answers) == ["CourseFull", "NoneType"]
    assert PlaceHold.objects.count() == 1


def test_without_the_courses_lock_the_last_place_is_held_twice(monkeypatch):
    course = CourseFactory(capacity=1)
    count_together(monkeypatch, "refuse_overfull", places, parties=2, patience=15)
    without_row_locks(monkeypatch)

    assert outcomes(two_holds(course)) == ["NoneType", "NoneType"]
    assert taken([course.pk]) == {course.pk: 2}


def a_hold_and_an_assignment(course):
    account, operator = CustomerAccountFactory(), UserFactory()
    [seat] = given_pack(account)
    line = new_line(CustomerAccountFactory())
    return at_once(
        lambda: hold_places(course=course, line=line, places=1, now=NOW),
        lambda: assign(seat, course, "bob@example.org", operator),
    )


def test_the_last_place_goes_to_a_checkout_or_to_an_operator(monkeypatch):
    course = CourseFactory(capacity=1)
    count_together(monkeypatch, "refuse_overfull", places, assign_module, parties=2)

    answers = a_hold_and_an_assignment(course)

    assert sum(isinstance(answer, CourseFull) for answer in answers) == 1
    assert taken([course.pk]) == {course.pk: 1}


def test_without_the_courses_lock_it_goes_to_both(monkeypatch):
    course = CourseFactory(capacity=1)
    count_together(monkeypatch, "refuse_overfull", places, assign_module, parties=2, patience=15)
    without_row_locks(monkeypatch)

    answers = a_hold_and_an_assignment(course)

    assert outcomes(answers) == ["Assignment", "NoneType"]
    assert taken([course.pk]) == {course.pk: 2}


# Twenty places, sessions of three


def sessions_of_three(course, count):
    starts = [(CustomerAccountFactory(), tuple(UserFactory.create_batch(2))) for _ in range(count)]
    return at_once(
        *(
            lambda account=account, people=people: given_session(course, account, learners=people, blanks=1)
            for account, people in starts
        )
    )


def test_twenty_places_hold_six_sessions_of_three(monkeypatch):
    course = CourseFactory(capacity=20)
    count_together(monkeypatch, "refuse_overfull", session_module, parties=8)

    answers = sessions_of_three(course, 8)

    assert outcomes(answers) == ["CourseFull"] * 2 + ["SessionSeats"] * 6
    assert taken([course.pk]) == {course.pk: 18}
    assert Seat.objects.count() == 18


def test_without_the_courses_lock_twenty_places_hold_more(monkeypatch):
    course = CourseFactory(capacity=20)
    count_together(monkeypatch, "refuse_overfull", session_module, parties=8, patience=15)
    without_row_locks(monkeypatch)

    answers = sessions_of_three(course, 8)

    assert outcomes(answers) == ["SessionSeats"] * 8, answers
    assert taken([course.pk]) == {course.pk: 24}


# One seat, two operators


def two_operators(monkeypatch):
    """Alice and Bob choose different courses, so that only the seat itself stands between them."""
    account = CustomerAccountFactory()
    alice, bob = UserFactory(email="alice@example.org"), UserFactory(email="bob@example.org")
    [seat] = given_pack(account)
    courses = CourseFactory.create_batch(2)
    before(monkeypatch, assign_module, "_take", MeetingPoint(2).wait)
    answers = at_once(
        lambda: assign(seat, courses[0], "carol@example.org", alice),
        lambda: assign(seat, courses[1], "dan@example.org", bob),
    )
    return seat, answers


def test_one_seat_goes_to_one_person_and_the_loser_is_told(monkeypatch):
    seat, answers = two_operators(monkeypatch)

    [won] = [answer for answer in answers if isinstance(answer, Assignment)]
    [lost] = [answer for answer in answers if isinstance(answer, SeatNotFree)]
    seat.refresh_from_db()
    assert (lost.actor, lost.at, lost.state) == (seat.assigned_by, NOW, "assigned")
    assert seat.person == won.user
    assert [move[1] for move in history(seat)] == ["available", "assigned"]
    assert Enrolment.objects.count() == 2


def test_without_the_guard_only_a_constraint_is_left(monkeypatch):
    monkeypatch.setattr(moves, "still", Unguarded)

    _seat, answers = two_operators(monkeypatch)

    [lost] = [answer for answer in answers if not isinstance(answer, Assignment)]
    assert isinstance(lost, IntegrityError)
    assert lost.__cause__.diag.constraint_name == "enrolments_ground_seat_unique"


# Release against entry


@pytest.fixture
def assigned():
    account, operator = CustomerAccountFactory(), UserFactory()
    [seat] = given_pack(account)
    assign(seat, CourseFactory(), "bob@example.org", operator)
    seat.refresh_from_db()
    return seat


def release(seat):
    return release_seat(account=seat.account, seat_id=seat.pk, actor=seat.assigned_by, now=NOW)


def enter(seat):
    return enter_course(user=seat.person, course=seat.course, now=NOW)


def test_an_entry_just_before_the_release_wins(monkeypatch, assigned):
    entries = []
    before(
        monkeypatch, release_module, "move_seat", lambda: entries.append(in_between(lambda: enter(assigned))), times=1
    )

    with pytest.raises(SeatConsumed):
        release(assigned)

    assert entries == [Entry(link=assigned.course.link, consumed=1)]
    assigned.refresh_from_db()
    assert assigned.state == "consumed"
    assert Enrolment.objects.open().filter(user=assigned.person).exists()


def test_without_the_guard_a_used_seat_would_be_recycled(monkeypatch, assigned):
    before(monkeypatch, release_module, "move_seat", lambda: in_between(lambda: enter(assigned)), times=1)
    monkeypatch.setattr(moves, "still", Unguarded)
    # Postgres still sees that a free seat was never consumed, so even that is refused.
    with pytest.raises(IntegrityError, match="enrolments_seat_shape"):
        release(assigned)


def test_a_release_just_before_the_entry_wins(monkeypatch, assigned):
    before(monkeypatch, enter_module, "_assigned_seats", lambda: in_between(lambda: release(assigned)), times=1)

    with pytest.raises(NotEnrolled):
        enter(assigned)

    assigned.refresh_from_db()
    assert (assigned.state, assigned.consumed_at) == ("available", None)


def test_released_and_entered_at_once_one_of_them_happens(monkeypatch, assigned):
    meeting = MeetingPoint(2)
    before(monkeypatch, release_module, "move_seat", meeting.wait, times=1)
    before(monkeypatch, enter_module, "_assigned_seats", meeting.wait, times=1)

    released, entered = at_once(lambda: release(assigned), lambda: enter(assigned))

    assigned.refresh_from_db()
    if isinstance(entered, Entry):
        assert isinstance(released, SeatConsumed)
        assert assigned.state == "consumed"
    else:
        assert isinstance(entered, NotEnrolled)
        assert isinstance(released, Seat)
        assert assigned.state == "available"


# Revocation against assignment


def test_a_seat_assigned_while_its_line_is_revoked_is_revoked_too(monkeypatch):
    account, operator = CustomerAccountFactory(), UserFactory()
    first, second = given_pack(account, seats=2)
    course, other = CourseFactory.create_batch(2)
    assign(first, course, "bob@example.org", operator)
    before(
        monkeypatch,
        moves,
        "lock_courses",
        lambda: in_between(lambda: assign(second, other, "carol@example.org", operator)),
        times=1,
    )

    result = revoke_seats(line_id=first.batch.line_id, unit_ids=None, actor=None, reason="Refund", now=NOW)

    assert result == Revoked(revoked=2, left=0)
    assert not Enrolment.objects.open().exists()
    assert history(second)[-1] == ("assigned", "revoked", "Refund")
