"""Operators limited to a part of the account. Bob works with Nantes, or one course, or one order; Alice owns it."""

import pytest
from django.test import Client
from django.utils import timezone

from accounts.members.models import Membership
from accounts.members.rights import Right, accounts_with, operators_of
from accounts.people.delegation.models import Delegation
from accounts.teams.models import Team
from enrolments.seats.models import Seat
from enrolments.seats.moves import SeatNotFound
from enrolments.seats.placing import CourseNotAllowed
from tests.enrolments.given import assign, given_pack
from tests.enrolments.teams.given import World
from tests.factories.accounts import MembershipFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    return World()


@pytest.fixture
def client(world):
    client = Client(headers={"accept-language": "en"})
    client.force_login(world.bob)
    return client


KINDS = pytest.mark.parametrize("kind", ["teams", "orders", "courses"])


@KINDS
def test_lists_show_the_part_alone(world, client, kind):
    world.limit_to(kind)

    seats = client.get(world.url("account-seats")).context["rows"]
    people = client.get(world.url("account-people")).context["rows"]

    shown = {row["seat"].pk for row in seats}
    assert world.inside[0].pk in shown
    assert not shown & {seat.pk for seat in world.outside}
    assert [row.email for row in people] == ["ann@example.org"]


@KINDS
def test_what_is_in_the_part_opens(world, client, kind):
    world.limit_to(kind)

    for url in (
        world.url("account-seat", world.inside[0].pk),
        world.url("account-seat-release", world.inside[0].pk),
        world.url("account-person", world.delegation("ann@example.org").pk),
    ):
        assert client.get(url).status_code == 200, url


@KINDS
def test_beyond_the_part_nothing_exists(world, client, kind):
    world.limit_to(kind)
    zoe = world.delegation("zoe@example.org").pk

    for url in (
        world.url("account-seat", world.outside[0].pk),
        world.url("account-seat-release", world.outside[0].pk),
        world.url("account-person", zoe),
        world.url("account-session", world.session_outside.pk),
        world.url("account-seats") + f"?session={world.session_outside.pk}",
    ):
        assert client.get(url).status_code == 404, url
    for url in (
        world.url("account-seat", world.outside[1].pk),
        world.url("account-seat-release", world.outside[0].pk),
        world.url("account-person", zoe),
        world.url("account-person-mail", zoe),
    ):
        assert client.post(url, {"email": "zoe@example.org"}).status_code == 404, url


def test_sessions_are_those_of_the_courses_and_orders(world, client):
    def shown():
        return [row.group.pk for row in client.get(world.url("account-sessions")).context["rows"]]

    world.limit(courses=[world.safety.pk])
    assert shown() == [world.session_inside.pk]
    world.limit(orders=[world.session_outside.order_id])
    assert shown() == [world.session_outside.pk]
    world.limit(teams=[world.nantes.pk])
    assert shown() == []


def test_the_part_is_no_right_over_the_account(world):
    world.limit(teams=[world.nantes.pk])

    assert list(operators_of(world.account)) == [world.alice]
    assert not accounts_with(world.bob, Right.MANAGE_PEOPLE).exists()


def place(world, seat, course):
    return assign(seat, course, "new@example.org", world.bob, now=timezone.now())


def test_people_are_placed_in_the_part(world):
    world.limit(teams=[world.nantes.pk])
    place(world, world.inside[1], world.first_aid)

    assert world.delegation("new@example.org").team == world.nantes


def test_free_seats_of_no_team_serve_the_courses(world, client):
    world.limit(courses=[world.safety.pk])
    Seat.objects.filter(pk=world.outside[1].pk).update(team=None)
    free = Seat.objects.get(pk=world.outside[1].pk)

    assert client.get(world.url("account-seat", free.pk)).status_code == 200
    with pytest.raises(CourseNotAllowed):
        place(world, free, world.first_aid)
    assert place(world, free, world.safety).is_used


@KINDS
def test_nobody_is_placed_beyond_the_part(world, kind):
    world.limit_to(kind)

    with pytest.raises(CourseNotAllowed):
        place(world, world.outside[1], world.first_aid)


def test_nobody_is_placed_by_a_limited_operator_who_is_one_no_more(world):
    Membership.objects.filter(pk=world.membership.pk).update(
        is_operator=False, is_buyer=True, limits={"teams": [world.nantes.pk]}
    )

    with pytest.raises(SeatNotFound):
        place(world, world.inside[1], world.safety)


def test_an_owner_is_never_limited(world, client):
    Membership.objects.filter(pk=world.membership.pk).update(is_owner=True)
    world.limit(teams=[world.nantes.pk])

    assert client.get(world.url("account-seat", world.outside[0].pk)).status_code == 200


def test_of_a_person_in_the_part_other_courses_are_not_told(world, client):
    """Ann has a seat of Brest's order in another course, which is none of the part."""
    Delegation.objects.filter(email="ann@example.org").update(team=None)
    Seat.objects.filter(pk=world.outside[1].pk).update(team=None)
    assign(Seat.objects.get(pk=world.outside[1].pk), world.first_aid, "ann@example.org", world.alice)
    world.limit(courses=[world.safety.pk])

    [row] = client.get(world.url("account-people")).context["rows"]

    assert [ground.enrolment.course for ground in row.grounds] == [world.safety]


# The owner's page


def test_an_owner_limits_an_operator_and_lifts_it_again(world):
    client = Client(headers={"accept-language": "en"})
    client.force_login(world.alice)
    page = world.url("account-member-limits", world.membership.pk)
    number = world.inside[0].batch.order_number

    seen = client.get(page).context["form"]["seen"].value()
    client.post(page, {"teams": [world.nantes.pk], "courses": [world.safety.pk], "orders": number, "seen": seen})
    world.membership.refresh_from_db()
    assert world.membership.limits == {
        "teams": [world.nantes.pk], "orders": [world.inside[0].batch.order_id], "courses": [world.safety.pk],
    }  # fmt: skip

    form = client.get(page).context["form"]
    assert form["orders"].value() == number
    client.post(page, {"orders": "", "seen": form["seen"].value()})
    world.membership.refresh_from_db()
    assert world.membership.limits is None


def test_what_another_owner_changed_meanwhile_is_told(world):
    client = Client(headers={"accept-language": "en"})
    client.force_login(world.alice)
    world.limit(teams=[world.nantes.pk])

    answer = client.post(world.url("account-member-limits", world.membership.pk), {"orders": "", "seen": ";;"})

    assert answer.status_code == 409
    world.membership.refresh_from_db()
    assert world.membership.limits["teams"] == [world.nantes.pk]


def test_teams_and_orders_of_another_account_are_no_choice(world):
    client = Client(headers={"accept-language": "en"})
    client.force_login(world.alice)
    other = Team.objects.create(account=MembershipFactory().account, name="Elsewhere")
    theirs = given_pack(other.account)[0].batch.order_number

    answer = client.post(
        world.url("account-member-limits", world.membership.pk), {"teams": [other.pk], "orders": theirs, "seen": ";;"}
    )

    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"teams", "orders"}


def test_only_operators_who_own_nothing_are_limited(world):
    client = Client(headers={"accept-language": "en"})
    client.force_login(world.alice)
    owner = MembershipFactory(account=world.account)

    answer = client.post(
        world.url("account-member-limits", owner.pk), {"teams": [world.nantes.pk], "orders": "", "seen": ";;"}
    )

    assert answer.status_code == 422
    owner.refresh_from_db()
    assert owner.limits is None
