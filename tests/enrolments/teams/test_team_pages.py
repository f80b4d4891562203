"""Teams at the desk: their pages, their people and seats. Bob operates the account."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.people.delegation.models import Delegation
from accounts.teams.models import Team
from enrolments.seats.models import Seat
from tests.constraints import broken, run
from tests.enrolments.given import ENTRY, assign, given_pack
from tests.factories.accounts import CustomerAccountFactory, DelegationFactory, MembershipFactory, UserFactory
from tests.factories.enrolments import CourseFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def account():
    return CustomerAccountFactory(name="Ateliers Martin")


@pytest.fixture
def bob(account):
    return MembershipFactory(account=account, is_owner=False, is_operator=True, user__email="bob@example.org").user


@pytest.fixture
def client(bob):
    client = Client(headers={"accept-language": "en"})
    client.force_login(bob)
    return client


@pytest.fixture
def nantes(account):
    return Team.objects.create(account=account, name="Nantes")


@pytest.fixture
def stranger():
    """Return an account that Bob has nothing to do with, and its team."""
    account = MembershipFactory().account
    return Team.objects.create(account=account, name="Elsewhere")


def attach(account, bob, name, team=None):
    email = f"{name.lower()}@example.org"
    return DelegationFactory(account=account, operator=bob, person=UserFactory(email=email), email=email, team=team)


def url(name, account, *args):
    return reverse(name, args=[account.pk, *args])


def said(answer):
    return [str(message) for message in answer.context["messages"]]


# Making and changing


def test_a_team_is_made_with_a_quota(client, account):
    answer = client.post(url("account-teams", account), {"name": " Nantes ", "quota": "30"}, follow=True)

    assert said(answer) == ["The team “Nantes” is there."]
    assert list(Team.objects.values_list("account", "name", "quota")) == [(account.pk, "Nantes", 30)]


@pytest.mark.parametrize("name", ["nantes", "NANTES", "Nântes", " nantes "])
def test_two_teams_of_one_name_are_refused_whatever_case_or_accents(client, account, nantes, name):
    answer = client.post(url("account-teams", account), {"name": name})

    assert answer.status_code == 422
    assert answer.context["form"].errors == {"name": ["Your account has a team of this name already."]}
    assert answer.context["form"]["name"].value() == name


def test_another_account_may_use_the_name(client, account, stranger):
    client.post(url("account-teams", account), {"name": "Elsewhere"})

    assert Team.objects.filter(name="Elsewhere").count() == 2


@pytest.mark.parametrize("typed", [{"name": ""}, {"name": "\u200b"}, {"name": "x", "quota": "-1"}, {"name": "x" * 81}])
def test_a_team_that_makes_no_sense_is_refused(client, account, typed):
    assert client.post(url("account-teams", account), typed).status_code == 422
    assert not Team.objects.exists()


def test_a_team_is_renamed(client, account, nantes):
    form = client.get(url("account-team", account, nantes.pk)).context["form"]
    client.post(url("account-team", account, nantes.pk), {"name": "Brest", "quota": "", "seen": form["seen"].value()})

    nantes.refresh_from_db()
    assert (nantes.name, nantes.quota) == ("Brest", None)


def test_what_a_colleague_changed_meanwhile_is_not_overwritten(client, account, nantes):
    form = client.get(url("account-team", account, nantes.pk)).context["form"]
    Team.objects.update(quota=5)

    answer = client.post(
        url("account-team", account, nantes.pk), {"name": "Brest", "quota": "9", "seen": form["seen"].value()}
    )

    assert answer.status_code == 409
    assert (answer.context["form"]["name"].value(), answer.context["form"]["quota"].value()) == ("Brest", "9")
    assert Team.objects.get().quota == 5


# People


def test_people_ticked_go_into_a_team_and_out_again(client, account, bob, nantes):
    ann, bea, cid = (attach(account, bob, name) for name in ("Ann", "Bea", "Cid"))

    client.post(url("account-people-team", account), {"people": [ann.pk, bea.pk], "into": nantes.pk})
    assert set(nantes.delegations.all()) == {ann, bea}

    client.post(url("account-people-team", account), {"people": [bea.pk, cid.pk], "into": "none"})
    assert set(nantes.delegations.all()) == {ann}


def test_a_person_of_several_operators_is_in_the_team_for_all(client, account, bob, nantes):
    ann = attach(account, bob, "Ann")
    DelegationFactory(account=account, operator=UserFactory(), person=ann.person, email=ann.email)

    client.post(url("account-people-team", account), {"people": [ann.pk], "into": nantes.pk})

    assert nantes.delegations.count() == 2


def test_nobody_of_another_account_is_put_into_a_team(client, account, bob, nantes, stranger):
    theirs = attach(stranger.account, bob, "Zoe")

    client.post(url("account-people-team", account), {"people": [theirs.pk], "into": nantes.pk})
    ours = attach(account, bob, "Ann")
    answer = client.post(url("account-people-team", account), {"people": [ours.pk], "into": stranger.pk})

    assert answer.status_code == 404
    assert not Delegation.objects.filter(team__isnull=False).exists()


def test_the_page_that_was_ticked_on_comes_back_and_no_other_site(client, account, bob, nantes):
    ann, page = attach(account, bob, "Ann"), url("account-people", account) + "?sort=name"

    def leads_to(address):
        typed = {"people": [ann.pk], "into": nantes.pk, "next": address}
        return client.post(url("account-people-team", account), typed)["Location"]

    assert leads_to(page) == page
    for elsewhere in ("//evil.example/", "https://evil.example/", "/\\evil.example"):
        assert leads_to(elsewhere) == url("account-people", account)


def test_people_and_seats_are_listed_by_team(client, account, bob, nantes):
    attach(account, bob, "Ann", nantes)
    attach(account, bob, "Bea")
    ours, _other = given_pack(account, seats=2)
    Seat.objects.filter(pk=ours.pk).update(team=nantes)

    people = client.get(url("account-people", account), {"team": nantes.pk})
    seats = client.get(url("account-seats", account), {"team": nantes.pk})

    assert [row.email for row in people.context["rows"]] == ["ann@example.org"]
    assert [row["seat"].pk for row in seats.context["rows"]] == [ours.pk]


# Seats


def test_free_seats_are_given_to_a_team_and_taken_back(client, account, nantes):
    given_pack(account, seats=3)
    page = url("account-team-seats", account, nantes.pk)

    client.post(page, {"entry": ENTRY.code, "number": 2, "do": "give"})
    assert nantes.seats.count() == 2
    client.post(page, {"entry": ENTRY.code, "number": 1, "do": "take"})
    assert nantes.seats.count() == 1


def test_more_than_there_are_are_refused_and_nothing_changes(client, account, nantes):
    given_pack(account, seats=3)

    answer = client.post(
        url("account-team-seats", account, nantes.pk), {"entry": ENTRY.code, "number": 4, "do": "give"}
    )

    assert answer.status_code == 409
    assert answer.context["seats_form"].errors == {"number": ["Only 3 seats are there: nothing was changed."]}
    assert nantes.seats.count() == 0


def test_seats_somebody_has_stay_where_they_are(client, account, bob, nantes):
    taken, _free = given_pack(account, seats=2)
    assign(taken, CourseFactory(), "ann@example.org", bob, now=timezone.now())

    client.post(url("account-team-seats", account, nantes.pk), {"entry": ENTRY.code, "number": 1, "do": "give"})

    assert [seat.state for seat in nantes.seats.all()] == ["available"]


# Removing


def test_a_team_that_is_removed_leaves_its_people_and_seats(client, account, bob, nantes):
    ann = attach(account, bob, "Ann", nantes)
    [seat] = given_pack(account)
    Seat.objects.filter(pk=seat.pk).update(team=nantes)

    client.post(url("account-team-remove", account, nantes.pk))

    ann.refresh_from_db()
    seat.refresh_from_db()
    assert (Team.objects.count(), ann.team, seat.team) == (0, None, None)


def test_a_team_of_another_account_does_not_exist(client, account, stranger):
    for name in ("account-team", "account-team-seats", "account-team-remove"):
        assert client.post(url(name, account, stranger.pk), {"name": "x"}).status_code == 404
    assert client.get(url("account-team", account, stranger.pk)).status_code == 404
    assert Team.objects.filter(pk=stranger.pk).exists()


# The database


@pytest.mark.parametrize(
    ("table", "refused"),
    [
        ("accounts_delegation", broken("accounts_delegation_team_of_account")),
        ("enrolments_seat", broken("enrolments_seat_team_of_account")),
    ],
    ids=str,
)
def test_no_team_of_another_account(account, bob, stranger, table, refused):
    attach(account, bob, "Ann")
    given_pack(account)
    with refused:
        run(f"UPDATE {table} SET team_id = %s WHERE account_id = %s", stranger.pk, account.pk)


ADD = "INSERT INTO accounts_team (account_id, name, quota) VALUES (%s, %s, %s)"


def test_a_team_keeps_its_shape(account, nantes):
    run("SET CONSTRAINTS ALL IMMEDIATE")
    with broken("accounts_team_name_once"):
        run(ADD, account.pk, "nantes", None)
    with broken("accounts_team_has_name"):
        run(ADD, account.pk, " ", None)
    with broken("accounts_team_quota_check"):
        run(ADD, account.pk, "Brest", -1)
    with broken("accounts_team_of_account"):
        run("ALTER TABLE accounts_team DROP CONSTRAINT accounts_team_pkey CASCADE")
        run("INSERT INTO accounts_team (id, account_id, name) VALUES (%s, %s, 'Brest')", nantes.pk, account.pk)
