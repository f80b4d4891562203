"""At the same moment.

An operator exchanges the person on a seat while that person enters the course, or while others reach for the seat or
for the place.
"""

from enrolments.grounds.models import Enrolment
from enrolments.seats import enter as enter_module
from enrolments.seats import release as release_module
from enrolments.seats import replace as replace_module
from enrolments.seats.enter import enter_course
from enrolments.seats.release import release_seat
from enrolments.seats.replace import SeatsRefused, replace_person
from tests.enrolments.given import NOW, assign, days, given_pack, history, typed
from tests.factories.accounts import CustomerAccountFactory, UserFactory
from tests.factories.enrolments import CourseFactory
from tests.rivals.processes import Rival, deadlocks_among, errors_among, race

ABOUT_TO_FREE = [(release_module, "lock_unmoved")]
ABOUT_TO_LOOK = [(enter_module, "_assigned_seats")]
JUST_FREED = [(replace_module, "still_there")]


def assigned_seat(**course):
    [seat] = given_pack(CustomerAccountFactory())
    assign(seat, CourseFactory(**course), "carol@example.org", UserFactory())
    seat.refresh_from_db()
    return seat


def exchange(seat, email="dan@example.org"):
    """Exchange the person; a refusal of the seat is raised itself."""
    try:
        replaced = replace_person(
            account=seat.account,
            seats={seat.pk: None},
            person=typed(email),
            operator=seat.assigned_by,
            language="en",
            now=NOW + days(1),
        )
    except SeatsRefused as refused:
        raise refused.seats[seat.pk] from None
    return replaced.user.email


def exchanging(seat, email="dan@example.org", **pauses):
    return Rival(lambda: exchange(seat, email), **pauses)


def entering(seat, **pauses):
    return Rival(lambda: enter_course(user=seat.person, course=seat.course, now=NOW).consumed, **pauses)


def releasing(seat, **pauses):
    return Rival(
        lambda: release_seat(account=seat.account, seat_id=seat.pk, actor=seat.assigned_by, now=NOW).state, **pauses
    )


def people_on(seat):
    seat.refresh_from_db()
    there = Enrolment.objects.open().filter(role__code="student").values_list("user__email", flat=True)
    return seat.state, seat.person and seat.person.email, sorted(there)


def test_an_entry_just_before_the_exchange_wins(trial):
    seat = assigned_seat()

    exchanged, entered = race(exchanging(seat, before=ABOUT_TO_FREE), entering(seat), in_turn=True)

    assert (exchanged.error, entered.value) == ("SeatConsumed", 1)
    assert people_on(seat) == ("consumed", "carol@example.org", ["carol@example.org"])
    trial.note("seats consumed", 1)


def test_an_exchange_just_before_the_entry_wins(trial):
    seat = assigned_seat()

    entered, exchanged = race(entering(seat, before=ABOUT_TO_LOOK), exchanging(seat), in_turn=True)

    assert (entered.error, exchanged.value) == ("NotEnrolled", "dan@example.org")
    assert people_on(seat) == ("assigned", "dan@example.org", ["dan@example.org"])
    trial.note("people exchanged", 1)


def test_of_an_exchange_and_a_release_the_second_is_told(trial):
    seat = assigned_seat()
    exchanged, released = race(exchanging(seat, before=ABOUT_TO_FREE), releasing(seat), in_turn=True)
    assert (exchanged.value, released.error) == ("dan@example.org", "SeatNotAssigned")
    assert [move[1] for move in history(seat)] == ["available", "assigned", "available", "assigned"]

    other = assigned_seat()
    released, exchanged = race(releasing(other, before=ABOUT_TO_FREE), exchanging(other), in_turn=True)
    assert (released.value, exchanged.error) == ("available", "SeatNotAssigned")
    assert people_on(other)[:2] == ("available", None)
    trial.note("seats exchanged and released at once", 2)


def test_nobody_else_gets_the_place_in_between(trial):
    seat = assigned_seat(capacity=1)
    [theirs] = given_pack(CustomerAccountFactory())
    stranger = UserFactory()

    exchanged, placed = race(
        exchanging(seat, before=JUST_FREED),
        lambda: assign(theirs, seat.course, "erin@example.org", stranger).is_used,
        in_turn=True,
    )

    assert (exchanged.value, placed.error, placed.kept_away) == ("dan@example.org", "CourseFull", True)
    trial.note("places reached for", 1)


def test_of_two_exchanges_one_happens(trial):
    rounds = trial.size(2, 20)
    for _number in range(rounds):
        seat = assigned_seat()
        both = race(exchanging(seat, "dan@example.org"), exchanging(seat, "erin@example.org"), before=ABOUT_TO_FREE)
        assert deadlocks_among(both) == 0
        assert errors_among(both) == ["SeatMoved"]
        [winner] = [answer.value for answer in both if answer.value]
        assert people_on(seat)[:2] == ("assigned", winner)
        assert len(history(seat)) == 4
    trial.note("seats exchanged twice at once", rounds)
