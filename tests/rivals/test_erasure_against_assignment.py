"""At the same moment.

The shop erases a person while an operator, who has typed their name and address, places them on a seat.
"""

from django.utils import timezone

from accounts.people import services as people_services
from accounts.people.delegation.models import Delegation
from accounts.people.models import User
from accounts.privacy.erase import JOB_KIND, begin_erasure
from accounts.privacy.requests import ask_for_erasure
from enrolments.seats import assign as assign_module
from enrolments.seats.models import Seat, SeatState
from outbox.jobs.models import Job
from outbox.jobs.running import run_due_jobs
from tests.enrolments.given import NOW, assign, given_pack
from tests.factories.accounts import CustomerAccountFactory, UserFactory
from tests.factories.enrolments import CourseFactory
from tests.rivals.processes import Rival, deadlocks_among, race

# The person is found by the address; their name is not copied yet.
FOUND = [(assign_module, "find_or_create_people")]


def run_to_the_end():
    run_due_jobs()
    # The last mail has left: the erasure looks again.
    Job.objects.pending().filter(kind=JOB_KIND).update(due_at=timezone.now())
    run_due_jobs()


def erasing(request_id, merchant):
    begin_erasure(request_id=request_id, actor=merchant, now=NOW)
    run_to_the_end()


def at_once(number=0, **how):
    """Erase and place one person; return both outcomes, the person and the seat, when all jobs are done."""
    account, operator, email = CustomerAccountFactory(), UserFactory(), f"carol{number}@example.org"
    carol, merchant = UserFactory(email=email, first_name="Carol"), UserFactory(is_staff=True, is_superuser=True)
    asked = ask_for_erasure(person=carol, asked_by=carol, now=NOW)
    [seat], course = given_pack(account), CourseFactory()
    placed, erased = race(
        Rival(lambda: assign(seat, course, email, operator).is_used, after=FOUND),
        Rival(lambda: erasing(asked.pk, merchant)),
        **how,
    )
    run_to_the_end()
    asked.refresh_from_db()
    assert (placed.value, erased.error, asked.state) == (True, "", "done")
    return placed, erased, carol, Seat.objects.get(pk=seat.pk)


def copies_of(person):
    return list(Delegation.objects.filter(person=person).values_list("email", flat=True))


def test_whoever_is_first_no_copy_of_the_address_is_left_with_the_erased(trial):
    rounds = trial.size(2, 10)
    for number in range(rounds):
        placed, erased, carol, seat = at_once(number)
        assert deadlocks_among([placed, erased]) == 0
        assert copies_of(carol) == []
        # Placed first, the seat is free again; placed later, somebody new has it.
        somebody_new = User.objects.filter(email=f"carol{number}@example.org").first()
        assert seat.person == somebody_new
        assert seat.state == (SeatState.ASSIGNED if somebody_new else SeatState.AVAILABLE)
    trial.note("people placed and erased at once", rounds)


def test_an_erasure_waits_for_whoever_places_the_person(trial):
    _placed, erased, carol, seat = at_once(in_turn=True)

    assert erased.kept_away
    assert (copies_of(carol), seat.state, seat.person) == ([], SeatState.AVAILABLE, None)
    trial.note("people erased after they were placed", 1)


def without_keeping_the_address():
    people_services.KNOWN_PEOPLE = people_services.KNOWN_PEOPLE.removesuffix(" FOR KEY SHARE")


def test_control_without_the_lock_of_the_address_a_copy_outlives_the_erasure():
    _placed, _erased, carol, _seat = at_once(in_turn=True, without=without_keeping_the_address)

    assert copies_of(carol) == ["carol0@example.org"]
