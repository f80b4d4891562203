"""Operators limited to a part of the account. Bob works with Nantes, or one course, or one order; Alice owns it."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.members.current import rights_asked
from accounts.members.models import Membership
from accounts.members.rights import Right, accounts_with, operators_of
from accounts.people.delegation.models import Delegation
from accounts.teams.models import Team
from enrolments.seats.models import Seat
from enrolments.seats.moves import SeatNotFound
from enrolments.seats.placing import CourseNotAllowed
from tests.enrolments.given import assign, given_pack, given_session
from tests.factories.accounts import CustomerAccountFactory, MembershipFactory
from tests.factories.enrolments import CourseFactory
from tests.matrix.urlconf import addresses

pytestmark = pytest.mark.django_db

# Narrowed to the part.
OPEN = {
    "account-seats", "account-seat", "account-seat-release", "account-people", "account-person", "account-person-mail",
    "account-sessions", "account-session",
}  # fmt: skip


class World:
    """An account with one seat, person and session inside the part of Bob, and one outside of it."""

    def __init__(self):
        now = timezone.now()
        self.account = CustomerAccountFactory()
        self.alice = MembershipFactory(account=self.account).user
        self.membership = MembershipFactory(account=self.account, is_owner=False, is_operator=True)
        self.bob = self.membership.user
        self.safety, self.first_aid = CourseFactory(name_en="Safety"), CourseFactory(name_en="First aid")
        self.nantes = Team.objects.create(account=self.account, name="Nantes")
        self.brest = Team.objects.create(account=self.account, name="Brest")
        self.inside = given_pack(self.account, seats=3)
        self.outside = given_pack(self.account, seats=3)
        Seat.objects.filter(pk__in=[seat.pk for seat in self.inside]).update(team=self.nantes)
        Seat.objects.filter(pk__in=[seat.pk for seat in self.outside]).update(team=self.brest)
        assign(self.inside[0], self.safety, "ann@example.org", self.alice, now=now)
        assign(self.outside[0], self.first_aid, "zoe@example.org", self.alice, now=now)
        self.session_inside = given_session(self.safety, self.account, blanks=1, operator=self.alice, now=now).group
        self.session_outside = given_session(self.first_aid, self.account, blanks=1, operator=self.alice, now=now).group

    def limit(self, *, teams=(), orders=(), courses=()):
        limits = {"teams": list(teams), "orders": list(orders), "courses": list(courses)}
        Membership.objects.filter(pk=self.membership.pk).update(limits=limits)

    def limit_to(self, kind):
        self.limit(
            teams=[self.nantes.pk] if kind == "teams" else (),
            orders=[self.inside[0].batch.order_id] if kind == "orders" else (),
            courses=[self.safety.pk] if kind == "courses" else (),
        )

    def delegation(self, email):
        return Delegation.objects.get(account=self.account, email=email)

    def url(self, name, *args):
        return reverse(name, args=[self.account.pk, *args])


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


def test_every_other_page_of_the_desk_is_closed(world, client):
    world.limit(teams=[world.nantes.pk])
    opened = {
        address.name
        for address in addresses()
        if (rights := rights_asked(address.view)) and Right.WORK_IN_PART in rights
    }

    assert opened == OPEN
    for name in ("account-teams", "account-lists", "account-list-new", "account-seat-counts", "account-people-team"):
        assert client.get(world.url(name)).status_code == 404, name
    assert client.get(world.url("account-people-export", "csv")).status_code == 404
    detach = world.url("account-person-detach", world.delegation("ann@example.org").pk)
    assert client.post(detach).status_code == 404


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
