"""Rights of each role in an account."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser

from accounts.members.models import CustomerAccount
from accounts.members.rights import Right, accounts_with, buyers_of, operators_of, rights_of
from accounts.members.selectors import active_accounts
from tests.factories.accounts import CustomerAccountFactory, MembershipFactory, UserFactory

pytestmark = pytest.mark.django_db

R = Right
EXPECTED = {
    "is_owner": set(Right),
    "is_buyer": {R.BUY, R.PAY, R.SEE_OWN_ORDERS},
    "is_operator": {R.MANAGE_SEATS, R.MANAGE_PEOPLE},
    "is_accountant": {R.PAY, R.SEE_OWN_ORDERS, R.SEE_ALL_ORDERS, R.SEE_INVOICES},
}
MONEY = {R.BUY, R.PAY, R.SEE_ALL_ORDERS, R.SEE_INVOICES}
PEOPLE = {R.MANAGE_SEATS, R.MANAGE_PEOPLE}


def member(**roles):
    return MembershipFactory(**({"is_owner": False} | roles))


@pytest.mark.parametrize("role", EXPECTED)
def test_each_role_has_its_rights(role):
    membership = member(**{role: True})

    assert rights_of(membership) == EXPECTED[role]
    for right in Right:
        holds = right in EXPECTED[role]
        assert list(accounts_with(membership.user, right)) == ([membership.account] if holds else [])


def test_operators_see_no_money_and_accountants_no_people():
    assert not EXPECTED["is_operator"] & MONEY
    assert not EXPECTED["is_accountant"] & PEOPLE


def test_several_roles_add_up():
    membership = member(is_buyer=True, is_operator=True)

    assert rights_of(membership) == EXPECTED["is_buyer"] | EXPECTED["is_operator"]


def test_no_member_no_rights():
    stranger = UserFactory()
    account = CustomerAccountFactory()

    assert rights_of(None) == set()
    assert account not in accounts_with(stranger, Right.BUY)
    assert list(accounts_with(AnonymousUser(), Right.BUY)) == []
    assert list(active_accounts(AnonymousUser())) == []


def test_a_closed_person_has_no_rights():
    membership = MembershipFactory(user__is_active=False)

    assert list(accounts_with(membership.user, Right.BUY)) == []
    assert list(active_accounts(membership.user)) == []


def test_operators_are_owners_and_operators():
    account = CustomerAccountFactory()
    owner = MembershipFactory(account=account, user__last_name="B").user
    operator = member(account=account, is_operator=True, user__last_name="A").user
    member(account=account, is_buyer=True)
    member(account=account, is_accountant=True)
    member(account=account, is_operator=True, user__is_active=False)
    MembershipFactory()

    assert list(operators_of(account)) == [operator, owner]


def test_buyers_are_owners_and_buyers():
    account = CustomerAccountFactory()
    owner = MembershipFactory(account=account, user__last_name="B").user
    buyer = member(account=account, is_buyer=True, user__last_name="A").user
    member(account=account, is_operator=True)
    member(account=account, is_accountant=True)
    member(account=account, is_buyer=True, user__is_active=False)
    MembershipFactory()

    assert list(buyers_of(account)) == [buyer, owner]


def test_accounts_come_by_name():
    user = UserFactory()
    for name in ("Zoe", "Alma"):
        MembershipFactory(user=user, account__name=name)

    assert [account.name for account in active_accounts(user)] == ["Alma", "Zoe"]
    assert CustomerAccount.objects.count() == 2
