"""At the same moment.

An operator takes a seat back that a colleague has taken back already and given to somebody else.
"""

import pytest

from enrolments.grounds.models import Enrolment
from enrolments.seats import moves
from enrolments.seats import release as release_module
from enrolments.seats.release import release_seat
from tests.enrolments.given import NOW, assign, days, given_pack, history
from tests.factories.accounts import CustomerAccountFactory, UserFactory
from tests.factories.enrolments import CourseFactory
from tests.rivals.processes import Rival, race

# The seat was read while assigned to Bob; releasing it comes next.
ABOUT_TO_RELEASE = [(release_module, "lock_courses")]
LATER = NOW + days(1)


def release_late_while_the_seat_is_given_anew(*, in_one_course, **how):
    alice, dan = UserFactory.create_batch(2)
    [seat] = given_pack(CustomerAccountFactory())
    course = CourseFactory()
    assign(seat, course, "bob@example.org", alice)
    next_course = course if in_one_course else CourseFactory()

    def release(operator):
        return release_seat(account=seat.account, seat_id=seat.pk, actor=operator, now=LATER).state

    def give_anew():
        release(dan)
        return assign(seat, next_course, "carol@example.org", dan, now=LATER).is_used

    late, anew = race(Rival(lambda: release(alice), before=ABOUT_TO_RELEASE), give_anew, in_turn=True, **how)
    assert (anew.value, anew.error) == (True, "")
    seat.refresh_from_db()
    return seat, late


@pytest.mark.parametrize("in_one_course", [True, False], ids=["in one course", "in different courses"])
def test_whoever_sits_there_by_now_is_not_taken_off(in_one_course):
    seat, late = release_late_while_the_seat_is_given_anew(in_one_course=in_one_course)

    assert late.error == "SeatNotAssigned"
    assert (seat.state, seat.person.email) == ("assigned", "carol@example.org")
    assert [move[1] for move in history(seat)] == ["available", "assigned", "available", "assigned"]
    assert Enrolment.objects.open().filter(user__email="carol@example.org").exists()


def looking_at_the_state_alone():
    """Weaken the guard: it compares the seat's state, but not the time of its assignment."""

    class StateAlone:
        def __init__(self, seat_ids, *states):
            self.seats = still(seat_ids, *states)

        def filter(self, *_conditions, **_condition):
            return self.seats

        def update(self, **changes):
            return self.seats.update(**changes)

    still = moves.still
    moves.still = StateAlone


def test_control_by_the_state_alone_the_next_person_is_taken_off():
    seat, late = release_late_while_the_seat_is_given_anew(in_one_course=True, without=looking_at_the_state_alone)

    assert late.error == ""
    assert (seat.state, seat.person) == ("available", None)
