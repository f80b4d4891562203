"""Teams and limits in the history of an account: who changed what."""

import pytest
from django.test import Client

from accounts.members.history.models import MemberEvent
from accounts.members.history.sources import history_of
from accounts.teams.models import Team
from tests.enrolments.teams.given import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    return World()


@pytest.fixture
def alice(world):
    client = Client(headers={"accept-language": "en"})
    client.force_login(world.alice)
    return client


def told(world, number):
    """Return the last acts of Alice, the first of them first."""
    deeds = history_of(world.account, size=number, actor_id=world.alice.pk).deeds
    return [deed.text for deed in deeds][::-1]


def test_a_team_is_told_from_its_making_to_its_end(world, alice):
    alice.post(world.url("account-teams"), {"name": "Lyon", "quota": ""})
    lyon = Team.objects.get(name="Lyon")
    seen = alice.get(world.url("account-team", lyon.pk)).context["form"]["seen"].value()
    alice.post(world.url("account-team", lyon.pk), {"name": "Lyons", "quota": "3", "seen": seen})
    ann = world.delegation("ann@example.org").pk
    alice.post(world.url("account-people-team"), {"into": "none", "people": [ann]})
    alice.post(world.url("account-people-team"), {"into": lyon.pk, "people": [ann]})
    alice.post(world.url("account-team-remove", lyon.pk))

    assert told(world, 5) == [
        "Made the team “Lyon”",
        "Changed a team. Before: “Lyon”. Now: “Lyons” (3 seats at most)",
        "Took Camille Durand out of their team",
        "Put Camille Durand into the team “Lyons” (3 seats at most)",
        "Removed the team “Lyons” (3 seats at most)",
    ]


def test_several_people_are_told_by_their_number(world, alice):
    people = [world.delegation(f"{name}@example.org").pk for name in ("ann", "zoe")]
    alice.post(world.url("account-people-team"), {"into": "none", "people": people})

    assert told(world, 1) == ["Took 2 people out of teams"]


def test_limits_are_told(world, alice):
    page = world.url("account-member-limits", world.membership.pk)
    for chosen in ({"teams": [world.nantes.pk, world.brest.pk], "courses": [world.safety.pk]}, {}):
        seen = alice.get(page).context["form"]["seen"].value()
        alice.post(page, chosen | {"orders": "", "seen": seen})

    bob = world.bob.get_full_name()
    assert told(world, 2) == [
        f"Limited {bob} to a part of the account: 2 teams, 1 course, 0 orders",
        f"Had {bob} work with the whole account",
    ]


def test_what_changes_nothing_is_not_told(world, alice):
    page = world.url("account-member-limits", world.membership.pk)
    alice.post(page, {"orders": "", "seen": alice.get(page).context["form"]["seen"].value()})

    assert not MemberEvent.objects.filter(kind="limits").exists()
