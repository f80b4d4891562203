"""At the same moment.

An operator detaches a person from the account while a colleague places them on a seat.
"""

from accounts.people.delegation.models import Delegation
from enrolments.people.detach import detach_person
from enrolments.seats import assign as assign_module
from tests.enrolments.given import NOW, assign, given_pack
from tests.factories.accounts import CustomerAccountFactory, DelegationFactory, UserFactory
from tests.factories.enrolments import CourseFactory
from tests.rivals.processes import Rival, deadlocks_among, no_row_locks, race

# The seat is taken, and the delegation that is there already has been met.
PLACED = [(assign_module, "delegate")]


def at_once(number=0, **how):
    """Place and detach one person; return both outcomes, and whether the person is attached."""
    account, colleague, email = CustomerAccountFactory(), UserFactory(), f"carol{number}@example.org"
    carol = UserFactory(email=email)
    DelegationFactory(account=account, operator=colleague, person=carol, email=email)
    [seat], course = given_pack(account), CourseFactory()
    placed, detached = race(
        Rival(lambda: assign(seat, course, email, colleague).is_used, after=PLACED),
        Rival(lambda: detach_person(account=account, person_id=carol.pk, actor=colleague, now=NOW)),
        **how,
    )
    return placed, detached, Delegation.objects.filter(account=account, person=carol).exists()


def test_placed_and_detached_at_once_they_stay_attached(trial):
    rounds = trial.size(2, 20)
    for number in range(rounds):
        placed, detached, is_attached = at_once(number)
        assert deadlocks_among([placed, detached]) == 0
        assert (placed.value, is_attached) == (True, True)
        assert detached.error in ("", "SeatNotUsed")
    trial.note("people placed and detached at once", rounds)


def test_a_detachment_waits_for_whoever_places_the_person(trial):
    placed, detached, is_attached = at_once(in_turn=True)

    assert (placed.value, detached.error, is_attached) == (True, "SeatNotUsed", True)
    assert detached.kept_away
    trial.note("people placed", 1)


def test_control_without_the_persons_lock_somebody_with_a_seat_is_lost():
    placed, detached, is_attached = at_once(in_turn=True, without=no_row_locks)

    assert (placed.value, detached.error) == (True, "")
    assert not is_attached
