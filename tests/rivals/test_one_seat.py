"""At the same moment.

Operators of one account choose the same free seat for different people.
"""

import pytest

from accounts.people.models import User
from enrolments.grounds.models import Enrolment, Ground
from enrolments.seats import assign as assign_module
from enrolments.seats import moves
from enrolments.seats.history.models import SeatEvent
from enrolments.seats.models import Seat
from tests.enrolments.given import NOW, assign, given_pack, history
from tests.factories.accounts import CustomerAccountFactory, UserFactory
from tests.factories.enrolments import CourseFactory
from tests.rivals.processes import errors_among, race, values_among

# Each has seen the seat free; taking it comes next.
ABOUT_TO_TAKE = [(assign_module, "_take")]


def operators_choose(count, *, in_one_course, **how):
    account = CustomerAccountFactory()
    [seat] = given_pack(account)
    operators = UserFactory.create_batch(count)
    # In different courses the seat's guard alone keeps them apart; in one course, the course's lock does too.
    courses = CourseFactory.create_batch(1) * count if in_one_course else CourseFactory.create_batch(count)

    def choose(number):
        def work():
            done = assign(seat, courses[number], f"learner{seat.pk}-{number}@example.org", operators[number])
            return done.user.pk, operators[number].pk

        return work

    answers = race(*(choose(number) for number in range(count)), before=ABOUT_TO_TAKE, **how)
    seat.refresh_from_db()
    return seat, answers


@pytest.mark.parametrize("in_one_course", [True, False], ids=["in one course", "in different courses"])
def test_one_seat_goes_to_one_person_and_the_others_are_told_by_whom(trial, in_one_course):
    operators, rounds = trial.size(3, 8), trial.size(1, 10)
    refused = 0
    for _round in range(rounds):
        seat, answers = operators_choose(operators, in_one_course=in_one_course)
        [won] = values_among(answers)
        assert won == (seat.person_id, seat.assigned_by_id)
        assert errors_among(answers) == ["SeatNotFree"] * (operators - 1)
        assert {answer.said for answer in answers if answer.error} == {str(moves.refusal(moves.SeatNotFree, seat.pk))}
        assert [move[1] for move in history(seat)] == ["available", "assigned"]
        # Nothing is left of the others, not even the person typed.
        assert User.objects.filter(email__startswith=f"learner{seat.pk}-").count() == 1
        refused += operators - 1
    assert Ground.objects.filter(kind="seat").count() == Seat.objects.filter(state="assigned").count() == rounds
    assert Enrolment.objects.count() == SeatEvent.objects.count() == 2 * rounds
    trial.note("operators who chose one seat", rounds * operators)
    trial.note("seats assigned", rounds)
    trial.note("refused, with the name of whoever was faster", refused)


class Unguarded:
    """Stand-in for `moves.still` that ignores the state: an update reaches the seats as they are."""

    def __init__(self, seat_ids, *_states):
        self.seats = Seat.objects.filter(pk__in=seat_ids)

    def filter(self, *_conditions, **_condition):
        return self

    def select_for_update(self, **how):
        return self.seats.select_for_update(**how)

    def update(self, **changes):
        return self.seats.update(**changes)


def without_looking_at_the_state():
    moves.still = Unguarded


def test_control_without_the_guard_of_the_move_only_a_constraint_is_left():
    _seat, answers = operators_choose(2, in_one_course=False, without=without_looking_at_the_state)

    assert errors_among(answers) == ["IntegrityError"]
    assert {answer.constraint for answer in answers} == {"", "enrolments_ground_seat_unique"}
    assert Seat.objects.get().assigned_at == NOW
