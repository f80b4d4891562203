"""At the same moment.

A seat lapses while its person enters the course, or while an operator takes the person off; reminders are written by
two tasks.
"""

from datetime import timedelta

from enrolments.grounds.models import Enrolment, Ground
from enrolments.reminders import services as reminders_module
from enrolments.reminders.models import Reminder
from enrolments.reminders.services import remind_operators
from enrolments.seats import enter as enter_module
from enrolments.seats import lapse as lapse_module
from enrolments.seats.enter import enter_course
from enrolments.seats.lapse import lapse_seats
from enrolments.seats.models import Seat
from enrolments.seats.release import release_seat
from outbox.mails.models import Mail
from tests.enrolments.given import NOW, assign, days, given_pack, history
from tests.factories.accounts import CustomerAccountFactory, MembershipFactory, UserFactory
from tests.factories.enrolments import CourseFactory
from tests.rivals.processes import Rival, deadlocks_among, no_row_locks, race

ABOUT_TO_LOCK = [(lapse_module, "with_locked_seats")]
ABOUT_TO_FREE = [(lapse_module, "free_locked")]
ABOUT_TO_LOOK = [(enter_module, "_assigned_seats")]
ABOUT_TO_CONSUME = [(enter_module, "move_locked_seats")]


def assigned_seat(number=0):
    [seat] = given_pack(CustomerAccountFactory(), start_before_days=10)
    assign(seat, CourseFactory(), f"learner{number}@example.org", UserFactory())
    seat.refresh_from_db()
    return seat


def lapsing(seat, **pauses):
    return Rival(lambda: lapse_seats(now=seat.enter_before, only=[seat.pk]), **pauses)


def entering(seat, **pauses):
    """The person presses the button in the last second."""
    now = seat.enter_before - timedelta(seconds=1)
    return Rival(lambda: enter_course(user=seat.person, course=seat.course, now=now).consumed, **pauses)


def releasing(seat, **pauses):
    now = seat.enter_before
    return Rival(
        lambda: release_seat(account=seat.account, seat_id=seat.pk, actor=seat.assigned_by, now=now).state, **pauses
    )


def is_in_course(seat, course):
    return Enrolment.objects.open().filter(user__email__startswith="learner", course=course).exists()


def test_of_an_entry_and_a_lapse_one_wins_whole(trial):
    rounds = trial.size(2, 20)
    for number in range(rounds):
        seat = assigned_seat(number)
        course = seat.course
        step = [*ABOUT_TO_LOCK, *ABOUT_TO_LOOK] if number % 2 else []
        lapsed, entered = race(lapsing(seat), entering(seat), before=step)
        assert deadlocks_among([lapsed, entered]) == 0
        seat.refresh_from_db()
        if entered.error:
            assert (entered.error, lapsed.value, seat.state) == ("NotEnrolled", 1, "available")
        else:
            assert (entered.value, lapsed.value, seat.state) == (1, 0, "consumed")
        assert is_in_course(seat, course) == (seat.state == "consumed")
    trial.note("seats entered and lapsed at once", rounds)


def test_an_entry_just_before_the_lapse_wins(trial):
    seat = assigned_seat()

    lapsed, entered = race(lapsing(seat, before=ABOUT_TO_LOCK), entering(seat), in_turn=True)

    assert (lapsed.value, entered.value) == (0, 1)
    assert Seat.objects.get(pk=seat.pk).state == "consumed"
    trial.note("seats consumed", 1)


def test_a_lapse_just_before_the_entry_wins(trial):
    seat = assigned_seat()

    entered, lapsed = race(entering(seat, before=ABOUT_TO_LOOK), lapsing(seat), in_turn=True)

    assert (entered.error, lapsed.value) == ("NotEnrolled", 1)
    assert not is_in_course(seat, seat.course)
    trial.note("seats lapsed", 1)


def test_of_a_release_and_a_lapse_one_frees_the_seat(trial):
    seat = assigned_seat()

    lapsed, released = race(lapsing(seat, before=ABOUT_TO_LOCK), releasing(seat), in_turn=True)

    assert (lapsed.value, released.value) == (0, "available")
    assert [move[1:] for move in history(seat)][-1] == ("available", "released")
    assert not Ground.objects.live().filter(seat=seat).exists()
    trial.note("seats released", 1)


def test_control_without_the_seats_lock_a_used_seat_would_lapse():
    """The row count says that the seat has changed: without it, training that has begun would be taken back."""
    seat = assigned_seat()

    lapsed, entered = race(lapsing(seat, before=ABOUT_TO_FREE), entering(seat), in_turn=True, without=no_row_locks)

    assert (lapsed.error, entered.value) == ("RuntimeError", 1)


def test_two_tasks_at_once_remind_each_reader_once(trial):
    end = NOW + days(100)
    readers = 3
    for _ in range(readers):
        given_pack(MembershipFactory().account, valid_until=end)

    answers = race(
        *(Rival(lambda: remind_operators(now=end - days(6.5))) for _ in range(2)),
        before=[(reminders_module, "_write")],
    )

    assert deadlocks_among(answers) == 0
    assert sum(answer.value for answer in answers) == readers
    assert Reminder.objects.count() == Mail.objects.filter(kind="seats_reminder").count() == readers
    trial.note("readers reminded by two tasks at once", readers)
