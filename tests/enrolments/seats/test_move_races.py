"""A move while somebody else acts on the same seat or place; each guard has its negative control."""

import pytest

from accounts.members.models import Membership
from enrolments.courses.places.services import taken
from enrolments.grounds.models import Ground
from enrolments.seats import enter as enter_module
from enrolments.seats import many as many_module
from enrolments.seats import move as move_module
from enrolments.seats import release as release_module
from enrolments.seats.enter import enter_course
from enrolments.seats.models import Seat
from enrolments.seats.move import move_seat
from enrolments.seats.release import release_seat
from tests.enrolments.given import NOW, assign, days, given_pack, given_session
from tests.factories.accounts import CustomerAccountFactory, UserFactory
from tests.factories.enrolments import CourseFactory
from tests.rivals.processes import Rival, errors_among, no_row_locks, race, values_among

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def account():
    return CustomerAccountFactory()


@pytest.fixture
def operator(account):
    user = UserFactory()
    Membership.objects.create(account=account, user=user, is_operator=True, created_at=NOW)
    return user


def moving(seat, to, operator, *, now=NOW):
    return lambda: move_seat(account=seat.account, seat_id=seat.pk, to=to, actor=operator, language="en", now=now).pk


def people_placed(account, operator, course, number):
    # Of orders of their own, without a supervisor: a group or an enrolment that both write would keep one away.
    seats = [given_pack(account, supervisor=None)[0] for _seat in range(number)]
    for each, seat in enumerate(seats):
        assign(seat, course, f"p{each}@example.org", operator)
    return seats


# Two people, one place left


def two_into_one_place(account, operator, **how):
    small = CourseFactory(capacity=1)
    seats = people_placed(account, operator, CourseFactory(), 2)
    answers = race(*(moving(seat, small, operator) for seat in seats), before=[(move_module, "find_or_open")], **how)
    return small, answers


def test_the_last_place_goes_to_one_of_two(account, operator):
    small, answers = two_into_one_place(account, operator)

    assert errors_among(answers) == ["CourseFull"]
    assert taken([small.pk]) == {small.pk: 1}


def test_without_the_courses_lock_both_go_in(account, operator):
    small, answers = two_into_one_place(account, operator, without=no_row_locks)

    assert errors_among(answers) == []
    assert taken([small.pk]) == {small.pk: 2}


# Two people, one free seat of a session


def test_the_last_free_seat_of_a_session_goes_to_one_of_two(account, operator):
    course = CourseFactory()
    seats = people_placed(account, operator, course, 2)
    made = given_session(course, account, blanks=1)

    answers = race(*(moving(seat, made.group, operator) for seat in seats), before=[(move_module, "find_or_open")])

    assert errors_among(answers) == ["NoFreeSeat"]
    assert made.batch.seats.get().state == "assigned"
    assert Seat.objects.in_use().count() == 2


# A move and a release of one seat


def test_a_release_that_comes_second_finds_nobody_it_was_shown(account, operator):
    [seat] = people_placed(account, operator, CourseFactory(), 1)

    answers = race(
        Rival(moving(seat, CourseFactory(), operator, now=NOW + days(1)), before=[(move_module, "find_or_open")]),
        lambda: release_seat(account=account, seat_id=seat.pk, actor=operator, now=NOW).pk,
        in_turn=True,
    )

    assert errors_among(answers) == ["SeatNotAssigned"]
    seat.refresh_from_db()
    assert seat.state == "assigned"


def test_a_move_that_comes_second_moves_nobody(account, operator):
    [seat] = people_placed(account, operator, CourseFactory(), 1)

    answers = race(
        Rival(
            lambda: release_seat(account=account, seat_id=seat.pk, actor=operator, now=NOW).pk,
            before=[(release_module, "end_grounds")],
        ),
        moving(seat, CourseFactory(), operator),
        in_turn=True,
    )

    assert errors_among(answers) == ["SeatNotAssigned"]
    assert not Ground.objects.live().exists()


# A move and the entry of its person


def test_who_enters_first_stays(account, operator):
    course = CourseFactory()
    [seat] = people_placed(account, operator, course, 1)
    seat.refresh_from_db()

    answers = race(
        Rival(
            lambda: enter_course(user=seat.person, course=course, now=NOW).consumed,
            before=[(enter_module, "move_locked_seats")],
        ),
        moving(seat, CourseFactory(), operator),
        in_turn=True,
    )

    assert errors_among(answers) == ["SeatConsumed"]
    assert values_among(answers) == [1]


def entry_during_a_move(account, operator, **how):
    """Let a person enter while they are moved to another session; return the answers, and the seat they have then."""
    course, bob = CourseFactory(), UserFactory()
    seat = given_session(course, account, learners=(bob,)).batch.seats.get()
    later = given_session(course, account, blanks=1)
    answers = race(
        Rival(moving(seat, later.group, operator), before=[(move_module, "find_or_open")]),
        lambda: enter_course(user=bob, course=course, now=NOW).consumed,
        in_turn=True,
        **how,
    )
    return answers, later.batch.seats.get()


def test_who_enters_while_moved_uses_up_the_seat_they_have_then(account, operator):
    answers, seat = entry_during_a_move(account, operator)

    assert errors_among(answers) == []
    assert answers[1].value == 1
    assert seat.state == "consumed"


def test_without_a_second_look_the_new_seat_would_stay_unused(account, operator):
    def look_once():
        def found_at_once(user, course, now):
            seats = Seat.objects.filter(person=user, course=course, state="assigned")
            return list(seats.select_for_update(no_key=True).order_by("pk"))

        enter_module._assigned_seats = found_at_once

    answers, seat = entry_during_a_move(account, operator, without=look_once)

    assert answers[1].value == 0
    assert seat.state == "assigned"


# Many seats, of which one changes between the look and the act


def many_and_an_entry(account, operator, *, work):
    """Let one of two people enter after both seats were looked at; return the answers."""
    course = CourseFactory()
    _first, second = people_placed(account, operator, course, 2)
    bob = Seat.objects.get(pk=second.pk).person
    seats = list(Seat.objects.select_related("batch", "enrolment__role").order_by("pk"))
    return race(
        Rival(lambda: work(seats), before=[(many_module, "release_seats")]),
        lambda: enter_course(user=bob, course=course, now=NOW).consumed,
        in_turn=True,
    )


def released(account, operator):
    def work(seats):
        outcomes = [many_module.Outcome(seat) for seat in seats]
        return many_module.do_to_many(
            account=account,
            act=many_module.Act.RELEASE,
            seats=seats,
            to=None,
            seen=many_module.fingerprint_of(many_module.Act.RELEASE, None, outcomes),
            actor=operator,
            language="en",
            now=NOW,
        )

    return work


def test_of_many_either_all_that_were_shown_are_freed_or_none(account, operator):
    answers = many_and_an_entry(account, operator, work=released(account, operator))

    assert errors_among(answers) == ["PreviewChanged"]
    assert sorted(Seat.objects.values_list("state", flat=True)) == ["assigned", "consumed"]


def test_a_bare_release_would_free_the_others(account, operator):
    def work(seats):
        shown = {seat.pk: None for seat in seats}
        return len(many_module.release_seats(account=account, seats=shown, actor=operator, now=NOW).seats)

    answers = many_and_an_entry(account, operator, work=work)

    assert errors_among(answers) == []
    assert sorted(Seat.objects.values_list("state", flat=True)) == ["available", "consumed"]
