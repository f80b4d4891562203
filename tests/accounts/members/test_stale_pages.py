"""A page about a member whose roles changed since it was opened: refused, with both shown, and nothing changed."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from accounts.members import services as members
from accounts.members.models import Membership
from tests.factories.accounts import CustomerAccountFactory, MembershipFactory
from tests.rivals.processes import race

pytestmark = pytest.mark.django_db

CHANGED = "The page showed: operator. They are now: buyer, accountant."


@pytest.fixture
def account():
    return CustomerAccountFactory()


@pytest.fixture
def client(account):
    client = Client(headers={"accept-language": "en"})
    client.force_login(MembershipFactory(account=account).user)
    return client


@pytest.fixture
def bob(account):
    return MembershipFactory(account=account, is_owner=False, is_operator=True)


def url_of(membership, action=""):
    return f"/account/{membership.account_id}/members/{membership.pk}/{action}"


def open_page(client, membership):
    """Return what the page's forms post back."""
    return {"shown": client.get(url_of(membership)).context["form"]["shown"].value()}


def change_elsewhere(membership):
    Membership.objects.filter(pk=membership.pk).update(is_operator=False, is_buyer=True, is_accountant=True)


def roles(membership):
    return members.roles_of(Membership.objects.get(pk=membership.pk))


def test_roles_changed_meanwhile_are_shown_and_what_was_ticked_stays(client, bob):
    posted = open_page(client, bob) | {"roles": ["is_owner"]}
    change_elsewhere(bob)

    refused = client.post(url_of(bob), posted)

    assert refused.status_code == 409
    assert CHANGED in refused.content.decode()
    assert roles(bob) == {"is_buyer", "is_accountant"}
    again = refused.context["form"]
    assert again["roles"].value() == ["is_owner"]
    client.post(url_of(bob), {name: again[name].value() for name in again.fields})
    assert roles(bob) == {"is_owner"}


@pytest.mark.parametrize("action", ["remove/", "transfer/"])
def test_nobody_is_removed_or_made_owner_by_an_old_page(client, account, bob, action):
    posted = open_page(client, bob)
    change_elsewhere(bob)

    refused = client.post(url_of(bob, action), posted, follow=True)

    assert refused.redirect_chain == [(url_of(bob), 302)]
    assert CHANGED in refused.content.decode()
    assert roles(bob) == {"is_buyer", "is_accountant"}
    assert Membership.objects.filter(account=account, is_owner=True).count() == 1


@pytest.mark.parametrize("action", ["", "remove/", "transfer/"])
@pytest.mark.parametrize("shown", [{}, {"shown": ""}, {"shown": "nonsense"}, {"shown": "is_operator is_operatorx"}])
def test_a_form_that_does_not_say_what_it_showed_changes_nothing(client, bob, action, shown):
    client.post(url_of(bob, action), {"roles": ["is_owner"]} | shown)

    assert roles(bob) == {"is_operator"}


@pytest.mark.parametrize(("shown", "refused"), [({"is_operator"}, ["RolesChanged"]), (None, [])])
@pytest.mark.django_db(transaction=True)
def test_of_two_owners_who_saw_the_same_roles_one_is_refused(account, shown, refused):
    MembershipFactory(account=account)
    bob = MembershipFactory(account=account, is_owner=False, is_operator=True)

    def give(role):
        members.change_roles(account=account, membership_id=bob.pk, roles=[role], shown=shown, now=timezone.now())

    answers = race(lambda: give("is_buyer"), lambda: give("is_accountant"), before=[(members, "lock_account")])

    assert [answer.error for answer in answers if answer.error] == refused
