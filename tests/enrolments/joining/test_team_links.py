"""Join links of a team: whoever joins is put into it, gets its seats first, and counts in its quota."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.members.models import Membership
from accounts.people.delegation.models import Delegation
from accounts.teams.models import Team
from accounts.teams.services import TeamNotFound
from enrolments.joining.errors import (
    JoinLinkUsedUp,
    JoinLinkWithdrawn,
    JoinOtherTeam,
    LinkBeyondPart,
    TooManyPlaces,
)
from enrolments.joining.models import JoinLink
from enrolments.seats.models import Seat
from enrolments.teams.services import remove_team
from tests.constraints import run
from tests.enrolments.given import NOW, assign, given_pack
from tests.enrolments.joining.given import given_link, joins, operator_of, token
from tests.factories.accounts import CustomerAccountFactory, UserFactory
from tests.factories.enrolments import CourseFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def account():
    return CustomerAccountFactory()


@pytest.fixture
def bob(account):
    return operator_of(account, UserFactory())


@pytest.fixture
def nantes(account):
    return Team.objects.create(account=account, name="Nantes")


@pytest.fixture
def course():
    return CourseFactory()


@pytest.fixture
def seats(account):
    return given_pack(account, seats=4)


def give(seats, team):
    Seat.objects.filter(pk__in=[seat.pk for seat in seats]).update(team=team)


def team_of(email):
    return Delegation.objects.get(email=email).team


def test_people_join_the_team_on_its_seats_first_then_on_those_of_none(seats, bob, nantes, course):
    give(seats[2:3], nantes)
    link = given_link(seats[0].batch, bob, course=course, places=2, team=nantes)

    joins(token(link), "ada@example.org")
    assert Seat.objects.get(state="assigned").pk == seats[2].pk
    joins(token(link), "eve@example.org")

    assert (team_of("ada@example.org"), team_of("eve@example.org")) == (nantes, nantes)
    assert set(Seat.objects.filter(state="assigned").values_list("pk", flat=True)) == {seats[0].pk, seats[2].pk}


def test_seats_of_another_team_are_not_given_away(account, seats, bob, nantes, course):
    give(seats[1:], Team.objects.create(account=account, name="Brest"))

    with pytest.raises(TooManyPlaces):
        given_link(seats[0].batch, bob, course=course, places=2, team=nantes)


def test_beyond_the_quota_nobody_joins(seats, bob, nantes, course):
    Team.objects.filter(pk=nantes.pk).update(quota=1)
    link = given_link(seats[0].batch, bob, course=course, places=3, team=nantes)
    joins(token(link), "ada@example.org")

    with pytest.raises(JoinLinkUsedUp):
        joins(token(link), "eve@example.org")

    assert Seat.objects.filter(state="assigned").count() == 1
    assert not Delegation.objects.filter(email="eve@example.org").exists()


def test_a_person_of_another_team_stays_there(account, seats, bob, nantes, course):
    brest = Team.objects.create(account=account, name="Brest")
    assign(seats[3], CourseFactory(), "ada@example.org", bob)
    Delegation.objects.update(team=brest)
    link = given_link(seats[0].batch, bob, course=course, places=1, team=nantes)

    with pytest.raises(JoinOtherTeam):
        joins(token(link), "ada@example.org")

    assert team_of("ada@example.org") == brest
    assert Seat.objects.filter(state="assigned").count() == 1


def test_a_team_that_is_removed_takes_its_links_along(account, seats, bob, nantes, course):
    link = given_link(seats[0].batch, bob, course=course, places=1, team=nantes)
    remove_team(account=account, team_id=nantes.pk, actor=bob, now=NOW)

    link.refresh_from_db()
    assert (link.team, link.revoked_by) == (None, bob)
    with pytest.raises(JoinLinkWithdrawn):
        joins(token(link), "ada@example.org")


def test_a_team_removed_by_the_release_before_closes_the_link(account, seats, bob, nantes, course):
    link = given_link(seats[0].batch, bob, course=course, places=1, team=nantes)
    run("DELETE FROM accounts_team WHERE id = %s", nantes.pk)

    with pytest.raises(JoinLinkWithdrawn):
        joins(token(link), "ada@example.org")
    browser = Client()
    browser.force_login(bob)
    assert browser.get(reverse("account-join-link", args=[account.pk, link.pk])).status_code == 200


def test_a_team_of_another_account_is_none(seats, bob, course):
    theirs = Team.objects.create(account=CustomerAccountFactory(), name="Nantes")

    with pytest.raises(TeamNotFound):
        given_link(seats[0].batch, bob, course=course, team=theirs)


def limit(bob, **limits):
    Membership.objects.filter(user=bob).update(limits={"teams": [], "orders": [], "courses": []} | limits)


def test_an_operator_of_the_team_makes_links_to_its_seats_alone(seats, bob, nantes, course):
    give(seats[2:3], nantes)
    limit(bob, teams=[nantes.pk])
    with pytest.raises(TooManyPlaces):
        given_link(seats[0].batch, bob, course=course, places=2, team=nantes)
    link = given_link(seats[0].batch, bob, course=course, places=1, team=nantes)

    joins(token(link), "ada@example.org")

    assert Seat.objects.get(state="assigned").pk == seats[2].pk


def test_an_operator_of_another_part_makes_no_link_of_the_team(account, seats, bob, nantes, course):
    limit(bob, orders=[seats[0].batch.order_id])

    with pytest.raises(LinkBeyondPart):
        given_link(seats[0].batch, bob, course=course, places=1, team=nantes)


def test_the_desk_chooses_a_team_and_shows_what_is_left_of_its_quota(account, seats, bob, nantes):
    Seat.objects.update(batch=seats[0].batch)
    give(seats[:2], nantes)
    Team.objects.filter(pk=nantes.pk).update(quota=3)
    browser = Client(headers={"accept-language": "en"})
    browser.force_login(bob)
    address = reverse("account-join-link-new", args=[account.pk])
    page = browser.get(address)
    assert "4 free seats, of them 2 for teams" in page.text
    posted = {
        "source": f"batch:{seats[0].batch_id}", "team": nantes.pk, "way": "link", "places": 4,
        "ends_on": timezone.localdate().isoformat(), "domains": "",
    }  # fmt: skip

    answer = browser.post(address, posted)

    assert JoinLink.objects.get().team == nantes
    page = browser.get(answer.url)
    assert "Nantes" in page.text
    assert "3 seats left of its number" in page.text
    assert "Nantes" in browser.get(reverse("account-join-links", args=[account.pk])).text
