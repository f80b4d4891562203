"""The database refuses what must not be, whoever writes it. Each named constraint is tried with raw SQL."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.models import AddressLink, CustomerAccount, Delegation, MemberInvitation, Membership, User
from accounts.services.links import NewLink, create_links
from tests.factories.accounts import CustomerAccountFactory, DelegationFactory, MembershipFactory, UserFactory

pytestmark = pytest.mark.django_db


def refused(constraint: str, sql: str, params=()) -> None:
    with pytest.raises(IntegrityError) as refusal, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, params)
    assert refusal.value.__cause__.diag.constraint_name == constraint


def run(sql: str, params=()) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)


COPY_USER = """
INSERT INTO accounts_user (email, password, first_name, last_name, language, is_active, is_staff, is_superuser, date_joined)
SELECT %s, '!', '', '', '', true, false, false, now()
"""  # noqa: E501


def test_accounts_user_email_ci():
    user = UserFactory(email="alice@école.fr")
    # Only what is not normal could differ in case alone; the index holds by itself.
    run("SET CONSTRAINTS ALL IMMEDIATE")
    run("ALTER TABLE accounts_user DROP CONSTRAINT accounts_user_email_normal")

    refused("accounts_user_email_ci", COPY_USER, ["ALICE@ÉCOLE.fr"])
    assert User.objects.get() == user


def test_accounts_user_email_is_unique():
    UserFactory(email="alice@example.org")

    with pytest.raises(IntegrityError), transaction.atomic():
        run(COPY_USER, ["alice@example.org"])


@pytest.mark.parametrize(
    "address", ["Alice@example.org", " alice@example.org", "alice@example.org ", "alice@E\u0301cole.fr", "a@e\u0301.fr"]
)
def test_accounts_user_email_normal(address):
    refused("accounts_user_email_normal", COPY_USER, [address])


def test_accounts_customeraccount_kind():
    CustomerAccountFactory()
    refused("accounts_customeraccount_kind", "UPDATE accounts_customeraccount SET kind = 'club'")


def test_accounts_customeraccount_credit_limit():
    account = CustomerAccountFactory()
    refused("accounts_customeraccount_credit_limit", "UPDATE accounts_customeraccount SET credit_limit = -0.01")
    run("UPDATE accounts_customeraccount SET credit_limit = 0")
    account.refresh_from_db()
    assert account.credit_limit == 0


def test_accounts_customeraccount_payer_email():
    CustomerAccountFactory(payer_email="")
    refused("accounts_customeraccount_payer_email", "UPDATE accounts_customeraccount SET payer_email = 'A@b.fr'")


def test_accounts_membership_account_user():
    membership = MembershipFactory()
    sql = """
    INSERT INTO accounts_membership (account_id, user_id, is_owner, is_buyer, is_operator, is_accountant, created_at)
    SELECT account_id, user_id, false, true, false, false, now() FROM accounts_membership
    """
    refused("accounts_membership_account_user", sql)
    assert Membership.objects.get() == membership


def test_accounts_membership_has_role():
    MembershipFactory()
    refused("accounts_membership_has_role", "UPDATE accounts_membership SET is_owner = false")


def test_accounts_delegation_account_operator_person():
    delegation = DelegationFactory()
    sql = """
    INSERT INTO accounts_delegation (account_id, operator_id, person_id, email, first_name, last_name, created_at)
    SELECT account_id, operator_id, person_id, 'other@example.org', '', '', now() FROM accounts_delegation
    """
    refused("accounts_delegation_account_operator_person", sql)
    assert Delegation.objects.get() == delegation


def test_accounts_delegation_email_normal():
    DelegationFactory()
    refused("accounts_delegation_email_normal", "UPDATE accounts_delegation SET email = 'Bob@example.org'")


@pytest.fixture
def link(now):
    [link] = create_links(links=[NewLink(purpose="invitation", email="alice@example.org")], now=now)
    return link


@pytest.fixture
def now():
    from django.utils import timezone

    return timezone.now()


def test_accounts_addresslink_purpose(link):
    refused("accounts_addresslink_purpose", "UPDATE accounts_addresslink SET purpose = 'gift'")


def test_accounts_addresslink_email_normal(link):
    refused("accounts_addresslink_email_normal", "UPDATE accounts_addresslink SET email = 'Bob@example.org'")


def test_accounts_addresslink_expires_later(link):
    refused("accounts_addresslink_expires_later", "UPDATE accounts_addresslink SET expires_at = created_at")


def test_accounts_addresslink_used_in_time(link):
    refused("accounts_addresslink_used_in_time", "UPDATE accounts_addresslink SET used_at = expires_at")
    run("UPDATE accounts_addresslink SET used_at = expires_at - interval '1 second'")


def test_accounts_addresslink_token_hash_is_unique(link):
    sql = """
    INSERT INTO accounts_addresslink (purpose, email, language, nonce, token_hash, created_at, expires_at)
    SELECT purpose, email, language, nonce, token_hash, created_at, expires_at FROM accounts_addresslink
    """
    with pytest.raises(IntegrityError), transaction.atomic():
        run(sql)
    assert AddressLink.objects.get() == link


@pytest.fixture
def invitation(link):
    membership = MembershipFactory()
    return MemberInvitation.objects.create(
        account=membership.account, email=link.email, link=link, invited_by=membership.user, is_buyer=True
    )


def test_accounts_memberinvitation_account_email(invitation, now):
    [second] = create_links(links=[NewLink(purpose="membership", email="alice@example.org")], now=now)
    sql = """
    INSERT INTO accounts_memberinvitation
        (account_id, email, link_id, invited_by_id, is_owner, is_buyer, is_operator, is_accountant, created_at)
    SELECT account_id, email, %s, invited_by_id, false, true, false, false, now() FROM accounts_memberinvitation
    """
    refused("accounts_memberinvitation_account_email", sql, [second.pk])


def test_accounts_memberinvitation_email_normal(invitation):
    refused("accounts_memberinvitation_email_normal", "UPDATE accounts_memberinvitation SET email = 'A@example.org'")


def test_accounts_memberinvitation_has_role(invitation):
    refused("accounts_memberinvitation_has_role", "UPDATE accounts_memberinvitation SET is_buyer = false")


def test_every_named_constraint_is_tried_here():
    models = (User, CustomerAccount, Membership, MemberInvitation, Delegation, AddressLink)
    names = {constraint.name for model in models for constraint in model._meta.constraints}

    assert {f"test_{name}" for name in names} <= set(globals())
