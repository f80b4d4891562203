"""Members leave an account by themselves; its last owner cannot."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.members import services as members
from accounts.members.history.models import MemberEvent
from accounts.members.models import Membership
from tests.factories.accounts import CustomerAccountFactory, MembershipFactory
from tests.rivals.processes import errors_among, no_row_locks, race

pytestmark = pytest.mark.django_db


@pytest.fixture
def account():
    return CustomerAccountFactory(name="Ateliers Martin")


@pytest.fixture
def alice(account):
    return MembershipFactory(account=account).user


@pytest.fixture
def bob(account):
    return MembershipFactory(account=account, is_owner=False, is_operator=True).user


def as_(user) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(user)
    return client


def leave(account, user, shown):
    return as_(user).post(reverse("account-leave", args=[account.pk]), {"shown": shown}, follow=True)


def test_a_member_leaves_and_the_account_is_no_longer_theirs(account, alice, bob):
    asked = as_(bob).get(reverse("account-leave", args=[account.pk]))
    assert 'value="is_operator"' in asked.content.decode()
    assert Membership.objects.filter(user=bob).exists()

    answer = leave(account, bob, "is_operator")

    assert "You have left Ateliers Martin." in answer.content.decode()
    assert not Membership.objects.filter(user=bob).exists()
    assert as_(bob).get(reverse("account-overview", args=[account.pk])).status_code == 404
    event = MemberEvent.objects.get()
    assert (event.kind, event.actor, event.person) == ("left", bob, bob)


def test_the_last_owner_is_told_to_hand_over_first(account, alice, bob):
    asked = as_(alice).get(reverse("account-leave", args=[account.pk])).content.decode()
    assert "You are its only owner." in asked
    assert "Leave the account</button>" not in asked

    answer = leave(account, alice, "is_owner")

    assert "An account needs an owner." in answer.content.decode()
    assert Membership.objects.filter(user=alice).exists()


def test_roles_that_changed_meanwhile_are_told_first(account, alice, bob):
    answer = leave(account, bob, "is_buyer")

    assert "The roles of this member have changed" in answer.content.decode()
    assert Membership.objects.filter(user=bob).exists()


def test_the_overview_leads_to_it(account, alice, bob):
    page = as_(bob).get(reverse("account-overview", args=[account.pk])).content.decode()

    assert reverse("account-leave", args=[account.pk]) in page


def both_owners_go(**how):
    """Of two owners one leaves while the other gives the role back: return the owners left and the refusals."""
    account = CustomerAccountFactory()
    alice, bob = MembershipFactory(account=account), MembershipFactory(account=account)
    now = timezone.now()
    answers = race(
        lambda: members.remove_member(account=account, membership_id=bob.pk, actor=bob.user, now=now),
        lambda: members.change_roles(
            account=account, membership_id=alice.pk, roles={"is_buyer"}, actor=alice.user, now=now
        ),
        after=[(members, "_refuse_without_other_owner")],
        **how,
    )
    return Membership.objects.filter(account=account, is_owner=True).count(), errors_among(answers)


@pytest.mark.django_db(transaction=True)
def test_an_owner_leaves_or_another_gives_the_role_back_never_both():
    assert both_owners_go() == (1, ["LastOwner"])


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_no_owner_would_be_left():
    """Negative control: the race above can be lost."""
    assert both_owners_go(without=no_row_locks) == (0, [])
