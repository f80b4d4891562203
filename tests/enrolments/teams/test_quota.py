"""Placing people of teams: whose seat they may have, and how many their team may use."""

import pytest
from django.utils import timezone
from django.utils.translation import override

from accounts.people.delegation.models import Delegation
from accounts.teams.models import Team
from enrolments.seats.assign import assign_seats
from enrolments.seats.models import Seat
from enrolments.seats.placing import RowsRefused, SeatWanted
from enrolments.seats.release import release_seat
from enrolments.teams.quota import SeatOfAnotherTeam, TeamFull, seats_in_use
from enrolments.teams.selectors import team_rows
from enrolments.teams.services import put_people
from tests.enrolments.given import assign, given_pack, given_session, typed
from tests.factories.accounts import CustomerAccountFactory, DelegationFactory, MembershipFactory, UserFactory
from tests.factories.enrolments import CourseFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def account():
    return CustomerAccountFactory()


@pytest.fixture
def bob(account):
    return MembershipFactory(account=account, is_owner=False, is_operator=True).user


@pytest.fixture
def course():
    return CourseFactory()


@pytest.fixture
def nantes(account):
    return Team.objects.create(account=account, name="Nantes", quota=1)


def attach(account, bob, name, team=None):
    email = f"{name}@example.org"
    return DelegationFactory(account=account, operator=bob, person=UserFactory(email=email), email=email, team=team)


def seat_of(account, team=None):
    [seat] = given_pack(account)
    Seat.objects.filter(pk=seat.pk).update(team=team)
    return seat


def place(seat, course, name, bob):
    return assign(seat, course, f"{name}@example.org", bob, now=timezone.now())


def team_of(name):
    return Delegation.objects.get(email=f"{name}@example.org").team


def test_a_seat_of_a_team_takes_nobody_of_another(account, bob, course, nantes):
    brest = Team.objects.create(account=account, name="Brest")
    attach(account, bob, "ann", brest)
    seat = seat_of(account, nantes)

    with pytest.raises(SeatOfAnotherTeam):
        place(seat, course, "ann", bob)

    seat.refresh_from_db()
    assert seat.state == "available"


def test_whoever_is_of_no_team_joins_the_seats(account, bob, course, nantes):
    place(seat_of(account, nantes), course, "new", bob)

    assert team_of("new") == nantes


def test_a_seat_of_no_team_is_for_everybody_and_counts_for_the_persons_team(account, bob, course, nantes):
    attach(account, bob, "ann", nantes)
    place(seat_of(account), course, "ann", bob)

    assert seats_in_use(nantes) == 1
    assert [(row.people, row.in_use, row.is_full) for row in team_rows(account)] == [(1, 1, True)]


def test_beyond_the_quota_nobody_is_placed(account, bob, course, nantes):
    attach(account, bob, "ann", nantes)
    attach(account, bob, "bea", nantes)
    place(seat_of(account), course, "ann", bob)

    with pytest.raises(TeamFull) as refused:
        place(seat_of(account), course, "bea", bob)

    with override("en"):
        assert str(refused.value.message).startswith("The team “Nantes” may use 1 seat at most.")
    assert seats_in_use(nantes) == 1


def test_a_seat_released_is_free_for_the_team_again(account, bob, course, nantes):
    placed = place(seat_of(account, nantes), course, "ann", bob)
    release_seat(account=account, seat_id=placed.seat.pk, actor=bob, now=timezone.now())

    place(seat_of(account, nantes), course, "bea", bob)

    assert seats_in_use(nantes) == 1


def test_of_a_set_the_rows_beyond_the_quota_are_told(account, bob, course, nantes):
    Team.objects.update(quota=2)
    rows = [
        SeatWanted(seat_id=seat_of(account, nantes).pk, course=course, person=typed(f"{name}@example.org"))
        for name in ("ann", "bea", "cid", "dan")
    ]

    with pytest.raises(RowsRefused) as refused:
        assign_seats(account=account, wanted=rows, operator=bob, language="en", now=timezone.now())

    assert {index: type(each) for index, each in refused.value.rows.items()} == {2: TeamFull, 3: TeamFull}
    assert seats_in_use(nantes) == 0


def test_people_with_seats_do_not_come_into_a_full_team(account, bob, course, nantes):
    place(seat_of(account, nantes), course, "ann", bob)
    place(seat_of(account), course, "bea", bob)

    with pytest.raises(TeamFull):
        put_people(
            account=account,
            team_id=nantes.pk,
            delegation_ids=[Delegation.objects.get(email="bea@example.org").pk],
            actor=bob,
            now=timezone.now(),
        )

    assert team_of("bea") is None


def test_a_session_that_was_paid_for_is_delivered_and_counts(account, bob, course, nantes):
    people = [attach(account, bob, name, nantes).person for name in ("ann", "bea")]

    given_session(course, account, learners=tuple(people), operator=bob, now=timezone.now())

    assert seats_in_use(nantes) == 2


def test_teams_are_counted_in_as_many_statements_for_many(account, bob, course, django_assert_num_queries):
    for number in range(20):
        team = Team.objects.create(account=account, name=f"Team {number}")
        attach(account, bob, f"p{number}", team)

    with django_assert_num_queries(4):
        assert [row.people for row in team_rows(account)] == [1] * 20
