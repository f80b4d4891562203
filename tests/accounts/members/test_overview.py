"""The overview of an account: what waits for a hand, by right, each with the page where it is dealt with."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.links.models import AddressLink
from accounts.members.models import CustomerAccount
from accounts.members.rights import Right
from accounts.members.services import invite_member
from accounts.members.waiting import KINDS, Waiting, Waits, add_waiting, waiting_for
from tests.factories.accounts import CustomerAccountFactory, MembershipFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def account() -> CustomerAccount:
    return CustomerAccountFactory(name="Ateliers Martin")


@pytest.fixture
def alice(account):
    return MembershipFactory(account=account)


def overview(membership, language="en"):
    client = Client(headers={"accept-language": language})
    client.force_login(membership.user)
    return client.get(f"/account/{membership.account_id}/")


def invite(membership, email, **how):
    return invite_member(
        account=membership.account,
        invited_by=membership.user,
        email=email,
        roles=["is_buyer"],
        language="en",
        **{"now": timezone.now()} | how,
    )


def test_where_nothing_waits_the_page_says_so_kindly(alice):
    page = overview(alice)

    assert page.context["waiting"] == []
    assert "Nothing waits for you" in page.content.decode()
    assert "Everything is in order." in page.content.decode()


def test_invitations_that_nobody_followed_wait_and_those_past_their_date_are_wrong(alice):
    url = f"/account/{alice.account_id}/members/"
    invite(alice, "bob@example.org")
    over = invite(alice, "carol@example.org", now=timezone.now() - timedelta(days=400))
    AddressLink.objects.filter(pk=over.link_id).update(expires_at=timezone.now() - timedelta(days=1))
    invite(MembershipFactory(), "dan@example.org")

    assert [(waits.text, waits.url, waits.is_wrong) for waits in overview(alice).context["waiting"]] == [
        ("1 invited colleague did not answer in time: the invitation is over.", url, True),
        ("1 invited colleague has not answered yet.", url, False),
    ]


def test_each_thing_is_told_to_those_with_the_right(account):
    buyer = MembershipFactory(account=account, is_owner=False, is_buyer=True)
    operator = MembershipFactory(account=account, is_owner=False, is_operator=True)

    def find(membership, now):
        return [Waits("SOMETHING", "/", "DO IT")]

    with KINDS.emptied():
        add_waiting(Waiting("x", find, rights={Right.MANAGE_SEATS}))

        assert b"SOMETHING" not in overview(buyer).content
        assert b"SOMETHING" in overview(operator).content


def test_kinds_come_in_the_order_of_their_positions(alice):
    def named(text):
        return lambda membership, now: [Waits(text, "/", "")]

    with KINDS.emptied():
        for text, position in (("last", 9), ("first", 1)):
            add_waiting(Waiting(text, named(text), rights={Right.BUY}, position=position))

        assert [waits.text for waits in waiting_for(alice, now=timezone.now())] == ["first", "last"]


def test_the_page_takes_as_many_queries_for_many_invitations(account, alice):
    def count():
        overview(alice)
        with CaptureQueriesContext(connection) as captured:
            overview(alice)
        return len(captured)

    invite(alice, "first@example.org")
    few = count()
    for number in range(20):
        invite(alice, f"colleague{number}@example.org")

    assert count() == few
