"""The history of an account: who did what, told to its owners."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.translation import override

from accounts.links.models import AddressLink
from accounts.members import services as members
from accounts.members.history.models import MemberEvent
from accounts.members.history.services import note_download
from accounts.members.history.sources import Cursor, history_of, names_of
from accounts.members.models import Membership
from common.registry import Unregistered
from tests.factories.accounts import CustomerAccountFactory, MembershipFactory, UserFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)


@pytest.fixture
def account():
    return CustomerAccountFactory(name="Ateliers Martin")


@pytest.fixture
def alice(account):
    return MembershipFactory(account=account, user__first_name="Alice", user__last_name="Martin").user


@pytest.fixture
def bob(account):
    return MembershipFactory(
        account=account, user__first_name="Bob", user__last_name="Petit", is_owner=False, is_operator=True
    ).user


def of(account, user) -> int:
    return Membership.objects.get(account=account, user=user).pk


def kinds(account):
    return list(MemberEvent.objects.filter(account=account).order_by("pk").values_list("kind", "actor", "person"))


def page(account, user, **query):
    client = Client(headers={"accept-language": "en"})
    client.force_login(user)
    return client.get(reverse("account-history", args=[account.pk]), query)


def test_every_act_among_members_is_kept_with_who_did_it(account, alice, bob):
    dan = UserFactory(email="dan@example.org")
    invitation = members.invite_member(
        account=account, invited_by=alice, email="dan@example.org", roles={"is_buyer"}, language="en", now=NOW
    )
    members.accept_invitation(link=invitation.link, user=dan, now=NOW)
    other = members.invite_member(
        account=account, invited_by=alice, email="eve@example.org", roles={"is_buyer"}, language="en", now=NOW
    )
    members.withdraw_invitation(account=account, invitation_id=other.pk, actor=alice, now=NOW)
    members.change_roles(account=account, membership_id=of(account, bob), roles={"is_accountant"}, actor=alice, now=NOW)
    members.remove_member(account=account, membership_id=of(account, dan), actor=alice, now=NOW)
    members.transfer_ownership(account=account, giver=alice, membership_id=of(account, bob), now=NOW)
    members.remove_member(account=account, membership_id=of(account, alice), actor=alice, now=NOW)

    assert kinds(account) == [
        ("invited", alice.pk, None),
        ("joined", dan.pk, dan.pk),
        ("invited", alice.pk, None),
        ("withdrawn", alice.pk, None),
        ("roles", alice.pk, bob.pk),
        ("removed", alice.pk, dan.pk),
        ("handed_over", alice.pk, bob.pk),
        ("left", alice.pk, alice.pk),
    ]
    first, _joined, _second, _withdrawn, changed, *_rest = MemberEvent.objects.order_by("pk")
    assert (first.at, first.link, first.detail) == (NOW, invitation.link, {"roles": ["is_buyer"]})
    assert changed.detail == {"roles": ["is_accountant"], "before": ["is_operator"]}


def test_what_is_refused_or_changes_nothing_leaves_no_trace(account, alice, bob):
    with pytest.raises(members.LastOwner):
        members.remove_member(account=account, membership_id=of(account, alice), actor=alice, now=NOW)
    members.change_roles(account=account, membership_id=of(account, bob), roles={"is_operator"}, actor=alice, now=NOW)
    members.ensure_owner(account=account, user=alice, now=NOW)

    assert kinds(account) == []


def test_the_page_tells_it_to_owners_alone(account, alice, bob):
    members.invite_member(
        account=account, invited_by=alice, email="dan@example.org", roles={"is_buyer"}, language="en", now=NOW
    )
    members.change_roles(
        account=account, membership_id=of(account, bob), roles={"is_accountant", "is_buyer"}, actor=alice, now=NOW
    )

    told = page(account, alice).content.decode()

    assert "Invited dan@example.org as: buyer" in told
    assert "Changed the roles of Bob Petit. Before: operator. Now: buyer, accountant" in told
    assert told.index("Changed the roles") < told.index("Invited dan")
    assert page(account, bob).status_code == 404
    assert page(account, MembershipFactory().user).status_code == 404


def test_an_address_is_told_as_long_as_its_link_is_kept(account, alice):
    invitation = members.invite_member(
        account=account, invited_by=alice, email="dan@example.org", roles={"is_buyer"}, language="en", now=NOW
    )
    members.withdraw_invitation(account=account, invitation_id=invitation.pk, actor=alice, now=NOW)
    assert "Withdrew the invitation of dan@example.org" in page(account, alice).content.decode()

    AddressLink.objects.all().delete()

    told = page(account, alice).content.decode()
    assert "Invited a colleague as: buyer" in told
    assert "Withdrew an invitation" in told


def test_one_member_can_be_chosen_also_one_who_left(account, alice, bob):
    members.change_roles(account=account, membership_id=of(account, bob), roles={"is_owner"}, actor=alice, now=NOW)
    members.invite_member(
        account=account, invited_by=bob, email="dan@example.org", roles={"is_buyer"}, language="en", now=NOW
    )

    told = page(account, alice, who=of(account, bob)).content.decode()
    assert "Invited dan@example.org" in told
    assert "Changed the roles" not in told

    members.remove_member(account=account, membership_id=of(account, bob), actor=bob, now=NOW)
    gone = MemberEvent.objects.get(kind="left")
    told = page(account, alice, who=f"x{gone.pk}").content.decode()
    assert "Bob Petit (former member)" in told
    assert "Left the account" in told
    assert "Changed the roles" not in told
    assert "Changed the roles" in page(account, alice, who="no such").content.decode()


def test_the_merchant_appears_as_the_shop(account, alice, bob):
    clerk = UserFactory(is_staff=True, first_name="Clara", last_name="Clerk")
    members.change_roles(account=account, membership_id=of(account, bob), roles={"is_buyer"}, actor=clerk, now=NOW)
    members.change_roles(account=account, membership_id=of(account, bob), roles={"is_operator"}, now=NOW)

    with override("en"):
        names = names_of(account, {clerk.pk, None, UserFactory().pk})

    assert names[clerk.pk] == names[None]
    assert "Clerk" not in page(account, alice).content.decode()
    assert sorted(set(names.values())) == ["A former member", "The shop"]


def test_a_download_is_told_under_a_registered_name(account, alice):
    note_download(account_id=account.pk, actor=alice, file="result of a list", now=NOW)

    assert "Downloaded: Result of a list of people" in page(account, alice).content.decode()
    with pytest.raises(Unregistered):
        note_download(account_id=account.pk, actor=alice, file="no such", now=NOW)


def test_pages_follow_one_another_without_a_gap_or_a_double(account, alice, bob):
    for minute in range(7):
        for _twice in range(2):
            note_download(
                account_id=account.pk, actor=alice, file="result of a list", now=NOW + timedelta(minutes=minute)
            )
    MemberEvent.objects.create(account=CustomerAccountFactory(), kind="details", actor=bob, at=NOW)

    keys, behind = [], None
    for _page in range(5):
        found = history_of(account, size=3, behind=behind)
        keys += [(deed.at, deed.key) for deed in found.deeds]
        behind = Cursor.read(str(found.older)) if found.older else None

    assert behind is None
    assert keys == sorted(keys, reverse=True)
    assert len(set(keys)) == 14


@pytest.mark.parametrize(
    "text", ["", "x", "2027-03-01_1_1", "2027-03-01T09:00:00+00:00_1_x", "a_1_2", f"{NOW.isoformat()}_1"]
)
def test_a_mistyped_place_begins_at_the_newest(account, alice, text):
    assert Cursor.read(text) is None
    assert page(account, alice, older=text).status_code == 200


def test_the_links_of_the_page_lead_on_and_back(account, alice):
    for minute in range(51):
        note_download(account_id=account.pk, actor=alice, file="result of a list", now=NOW + timedelta(minutes=minute))
    first = page(account, alice)
    assert first.content.decode().count("Downloaded:") == 50

    older = first.context["older"]
    client = Client()
    client.force_login(alice)
    second = client.get(reverse("account-history", args=[account.pk]) + older)

    assert second.content.decode().count('<tr role="row">') == 2
    assert (second.context["older"], second.context["newest"]) == ("", "?")


def test_takes_as_many_queries_for_many_acts(account, alice):
    def queries():
        with CaptureQueriesContext(connection) as made:
            history_of(account, size=50)
        return len(made)

    members.invite_member(
        account=account, invited_by=alice, email="a@example.org", roles={"is_buyer"}, language="en", now=NOW
    )
    note_download(account_id=account.pk, actor=alice, file="result of a list", now=NOW)
    once = queries()
    for number in range(20):
        members.invite_member(
            account=account, invited_by=alice, email=f"a{number}@example.org", roles={"is_buyer"}, language="en",
            now=NOW,
        )  # fmt: skip

    assert queries() == once
