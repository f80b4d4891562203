"""At the same moment.

Two operators place people of one team, which may use one seat more.
"""

from accounts.people.delegation.models import Delegation
from accounts.teams.models import Team
from enrolments.seats import assign as assign_module
from enrolments.seats.models import Seat
from enrolments.teams import quota as quota_module
from enrolments.teams.quota import seats_in_use
from enrolments.teams.services import put_people
from tests.enrolments.given import NOW, assign, given_pack
from tests.factories.accounts import CustomerAccountFactory, DelegationFactory, UserFactory
from tests.factories.enrolments import CourseFactory
from tests.rivals.processes import Rival, deadlocks_among, errors_among, no_row_locks, race

COUNTING = [(quota_module, "_beyond_quota")]


def team_with_a_seat_left():
    account = CustomerAccountFactory()
    team = Team.objects.create(account=account, name="Nantes", quota=1)
    seats = given_pack(account, seats=2)
    return account, team, seats


def two_placings(number=0, **how):
    """Place two people in two courses, which do not keep them apart."""
    _account, team, seats = team_with_a_seat_left()
    Seat.objects.filter(pk__in=[seat.pk for seat in seats]).update(team=team)
    bob, courses = UserFactory(), [CourseFactory(), CourseFactory()]
    answers = race(
        *(
            lambda seat=seat, course=course, who=who: assign(seat, course, f"{who}{number}@example.org", bob).is_used
            for seat, course, who in zip(seats, courses, ("ann", "bea"), strict=True)
        ),
        **how,
    )
    return answers, seats_in_use(team)


def test_one_of_two_gets_the_last_seat(trial):
    rounds = trial.size(2, 20)
    for number in range(rounds):
        answers, used = two_placings(number, before=COUNTING)
        assert (errors_among(answers), used) == (["TeamFull"], 1)
        assert deadlocks_among(answers) == 0
    trial.note("pairs placed for one seat", rounds)


def test_control_without_the_teams_lock_both_would():
    answers, used = two_placings(before=COUNTING, without=no_row_locks)

    assert (errors_among(answers), used) == ([], 2)


def placed_while_put(**how):
    """Place a person of no team while a colleague puts them into a team that may use nothing."""
    account, team, [seat, _other] = team_with_a_seat_left()
    Team.objects.update(quota=0)
    bob, course = UserFactory(), CourseFactory()
    ann = UserFactory(email="ann@example.org")
    delegation = DelegationFactory(account=account, operator=bob, person=ann, email=ann.email)
    answers = race(
        Rival(lambda: assign(seat, course, ann.email, bob).is_used, after=[(assign_module, "_join_teams")]),
        lambda: put_people(account=account, team_id=team.pk, delegation_ids=[delegation.pk], actor=bob, now=NOW),
        in_turn=True,
        **how,
    )
    return answers, seats_in_use(team), Delegation.objects.get(person=ann).team


def test_a_person_just_placed_does_not_slip_into_a_full_team(trial):
    [placed, put], used, team = placed_while_put()

    assert (placed.value, put.error, used, team) == (True, "TeamFull", 0, None)
    trial.note("people kept out", 1)


def test_control_without_the_persons_lock_they_would():
    [placed, put], used, _team = placed_while_put(without=no_row_locks)

    assert (placed.value, put.error, used) == (True, "", 1)
