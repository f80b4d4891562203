"""At the same moment.

An operator takes a seat back while its learner enters the course for the first time.
"""

from enrolments.grounds.models import Enrolment
from enrolments.seats import enter as enter_module
from enrolments.seats import release as release_module
from enrolments.seats.enter import enter_course
from enrolments.seats.release import release_seat
from tests.enrolments.given import NOW, assign, given_pack, history
from tests.factories.accounts import CustomerAccountFactory, UserFactory
from tests.factories.enrolments import CourseFactory
from tests.rivals.processes import Rival, deadlocks_among, no_row_locks, race
from tests.rivals.test_one_seat import without_looking_at_the_state

ABOUT_TO_RELEASE = [(release_module, "lock_unmoved")]
ABOUT_TO_LOOK = [(enter_module, "_assigned_seats")]
ABOUT_TO_CONSUME = [(enter_module, "move_locked_seats")]


def assigned_seat(number=0):
    [seat] = given_pack(CustomerAccountFactory())
    assign(seat, CourseFactory(), f"learner{number}@example.org", UserFactory())
    seat.refresh_from_db()
    return seat


def releasing(seat, **pauses):
    return Rival(
        lambda: release_seat(account=seat.account, seat_id=seat.pk, actor=seat.assigned_by, now=NOW).state, **pauses
    )


def entering(seat, **pauses):
    return Rival(lambda: enter_course(user=seat.person, course=seat.course, now=NOW).consumed, **pauses)


def is_in_course(seat):
    return Enrolment.objects.open().filter(user__email__startswith="learner", course=seat.course).exists()


def test_released_and_entered_at_once_one_of_both_happens(trial):
    rounds = trial.size(2, 20)
    entered_first = 0
    for number in range(rounds):
        seat = assigned_seat(number)
        # Alternately in step, and without pauses.
        step = [*ABOUT_TO_RELEASE, *ABOUT_TO_CONSUME] if number % 2 else []
        released, entered = race(releasing(seat), entering(seat), before=step)
        assert deadlocks_among([released, entered]) == 0
        course = seat.course
        seat.refresh_from_db()
        if entered.error:
            assert (entered.error, released.value, seat.state) == ("NotEnrolled", "available", "available")
        else:
            assert (entered.value, released.error, seat.state) == (1, "SeatConsumed", "consumed")
        assert Enrolment.objects.open().filter(course=course, user__email=f"learner{number}@example.org").exists() == (
            seat.state == "consumed"
        )
        assert [move[1] for move in history(seat)] == ["available", "assigned", seat.state]
        entered_first += seat.state == "consumed"
    trial.note("seats released and entered at once", rounds)
    trial.note("consumed", entered_first)
    trial.note("released", rounds - entered_first)


def test_an_entry_just_before_the_release_wins(trial):
    seat = assigned_seat()

    released, entered = race(releasing(seat, before=ABOUT_TO_RELEASE), entering(seat), in_turn=True)

    assert (released.error, entered.value) == ("SeatConsumed", 1)
    assert is_in_course(seat)
    trial.note("seats consumed", 1)


def test_a_release_just_before_the_entry_wins(trial):
    seat = assigned_seat()

    entered, released = race(entering(seat, before=ABOUT_TO_LOOK), releasing(seat), in_turn=True)

    assert (entered.error, released.value) == ("NotEnrolled", "available")
    assert not is_in_course(seat)
    trial.note("seats released", 1)


def test_control_without_the_guard_of_the_move_a_used_seat_would_be_recycled():
    """A check constraint still refuses the move, since a free seat was never consumed, but by an error."""
    seat = assigned_seat()

    released, entered = race(
        releasing(seat, before=ABOUT_TO_RELEASE), entering(seat), in_turn=True, without=without_looking_at_the_state
    )

    assert (released.error, released.constraint, entered.value) == ("IntegrityError", "enrolments_seat_shape", 1)


def test_control_without_the_seats_lock_an_entry_takes_a_seat_that_is_gone():
    """The entry trusts the lock: without it, the row read has changed by the time it is consumed."""
    seat = assigned_seat()

    entered, released = race(
        entering(seat, before=ABOUT_TO_CONSUME), releasing(seat), in_turn=True, without=no_row_locks
    )

    assert released.value == "available"
    assert entered.error == "RuntimeError"  # the row count says that the seat has changed
