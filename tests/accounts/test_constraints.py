"""Constraints of accounts, links and people, each broken by raw SQL."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.links.models import AddressLink
from accounts.links.services import NewLink, create_links
from accounts.members.history.models import MemberEvent
from accounts.members.models import MemberInvitation, Membership
from accounts.people.delegation.models import Delegation
from accounts.people.models import User
from accounts.second_person.models import ActAlone, Approval
from accounts.staff.models import StaffRole
from tests.constraints import broken, copy, run
from tests.factories.accounts import CustomerAccountFactory, DelegationFactory, MembershipFactory, UserFactory

pytestmark = pytest.mark.django_db


COPY_USER = """
INSERT INTO accounts_user (email, password, first_name, last_name, language, is_active, is_staff, is_superuser, date_joined)
SELECT %s, '!', '', '', '', true, false, false, now()
"""  # noqa: E501


def test_accounts_user_email_ci():
    user = UserFactory(email="alice@école.fr")
    # Normal addresses never differ in case alone, so the other constraint goes first: the index holds by itself.
    run("SET CONSTRAINTS ALL IMMEDIATE")
    run("ALTER TABLE accounts_user DROP CONSTRAINT accounts_user_email_normal")

    with broken("accounts_user_email_ci"):
        run(COPY_USER, "ALICE@ÉCOLE.fr")
    assert User.objects.get() == user


def test_accounts_user_email_is_unique():
    UserFactory(email="alice@example.org")

    with broken("accounts_user_email_key"):
        run(COPY_USER, "alice@example.org")


@pytest.mark.parametrize(
    "address", ["Alice@example.org", " alice@example.org", "alice@example.org ", "alice@E\u0301cole.fr", "a@e\u0301.fr"]
)
def test_accounts_user_email_normal(address):
    with broken("accounts_user_email_normal"):
        run(COPY_USER, address)


def test_a_normal_address_passes():
    run(COPY_USER, "alice@école.fr")
    assert User.objects.get().email == "alice@école.fr"


def test_accounts_customeraccount_kind():
    CustomerAccountFactory()
    with broken("accounts_customeraccount_kind"):
        run("UPDATE accounts_customeraccount SET kind = 'club'")


def test_accounts_customeraccount_credit_limit():
    account = CustomerAccountFactory()
    with broken("accounts_customeraccount_credit_limit"):
        run("UPDATE accounts_customeraccount SET credit_limit = -0.01")
    run("UPDATE accounts_customeraccount SET credit_limit = 0")
    account.refresh_from_db()
    assert account.credit_limit == 0


def test_accounts_customeraccount_payer_email():
    CustomerAccountFactory(payer_email="")
    with broken("accounts_customeraccount_payer_email"):
        run("UPDATE accounts_customeraccount SET payer_email = 'A@b.fr'")


def test_accounts_customeraccount_closed_is_blank():
    CustomerAccountFactory(name="Ateliers Martin")
    with broken("accounts_customeraccount_closed_is_blank"):
        run("UPDATE accounts_customeraccount SET closed_at = now()")


def test_accounts_membership_account_user():
    membership = MembershipFactory()
    with broken("accounts_membership_account_user"):
        copy("accounts_membership", membership.pk, is_owner=False, is_buyer=True)
    assert Membership.objects.get() == membership


def test_accounts_membership_has_role():
    MembershipFactory()
    with broken("accounts_membership_has_role"):
        run("UPDATE accounts_membership SET is_owner = false")


def test_accounts_delegation_account_operator_person():
    delegation = DelegationFactory()
    with broken("accounts_delegation_account_operator_person"):
        copy("accounts_delegation", delegation.pk, email="other@example.org")
    assert Delegation.objects.get() == delegation


def test_accounts_delegation_email_normal():
    DelegationFactory()
    with broken("accounts_delegation_email_normal"):
        run("UPDATE accounts_delegation SET email = 'Bob@example.org'")


@pytest.fixture
def link(now):
    [link] = create_links(links=[NewLink(purpose="invitation", email="alice@example.org")], now=now)
    return link


@pytest.fixture
def now():
    return timezone.now()


def test_accounts_addresslink_purpose(link):
    with broken("accounts_addresslink_purpose"):
        run("UPDATE accounts_addresslink SET purpose = 'gift'")


def test_accounts_addresslink_email_normal(link):
    with broken("accounts_addresslink_email_normal"):
        run("UPDATE accounts_addresslink SET email = 'Bob@example.org'")


def test_accounts_addresslink_expires_later(link):
    with broken("accounts_addresslink_expires_later"):
        run("UPDATE accounts_addresslink SET expires_at = created_at")


def test_accounts_addresslink_used_in_time(link):
    with broken("accounts_addresslink_used_in_time"):
        run("UPDATE accounts_addresslink SET used_at = expires_at")
    run("UPDATE accounts_addresslink SET used_at = expires_at - interval '1 second'")


def test_accounts_addresslink_token_hash_is_unique(link):
    with broken("accounts_addresslink_token_hash_key"):
        copy("accounts_addresslink", link.pk, email="other@example.org")
    assert AddressLink.objects.get() == link


@pytest.fixture
def invitation(link):
    membership = MembershipFactory()
    return MemberInvitation.objects.create(
        account=membership.account, email=link.email, link=link, invited_by=membership.user, is_buyer=True
    )


def test_accounts_memberinvitation_account_email(invitation, now):
    [second] = create_links(links=[NewLink(purpose="membership", email="alice@example.org")], now=now)
    with broken("accounts_memberinvitation_account_email"):
        copy("accounts_memberinvitation", invitation.pk, link_id=second.pk)


def test_a_link_carries_one_invitation(invitation):
    with broken("accounts_memberinvitation_link_id_key"):
        copy("accounts_memberinvitation", invitation.pk, email="bob@example.org")


def test_accounts_memberinvitation_email_normal(invitation):
    with broken("accounts_memberinvitation_email_normal"):
        run("UPDATE accounts_memberinvitation SET email = 'A@example.org'")


def test_accounts_memberinvitation_has_role(invitation):
    with broken("accounts_memberinvitation_has_role"):
        run("UPDATE accounts_memberinvitation SET is_buyer = false")


@pytest.fixture
def approval(now):
    values = {"kind": "confirm_money", "about": "order:1", "asked_by": UserFactory(), "asked_at": now}
    return Approval.objects.create(**values)


@pytest.mark.parametrize(
    "changes",
    [
        "state = 'approved'",
        "state = 'lost'",
        "decided_at = now()",
        "decided_by_id = (SELECT min(id) FROM accounts_user)",
    ],
)
def test_accounts_approval_decided_by_somebody(approval, changes):
    with broken("accounts_approval_decided_by_somebody"):
        run(f"UPDATE accounts_approval SET {changes}")


def test_accounts_approval_by_another(approval):
    with broken("accounts_approval_by_another"):
        run("UPDATE accounts_approval SET state = 'approved', decided_by_id = asked_by_id, decided_at = now()")
    # Whoever asked may take it back.
    run("UPDATE accounts_approval SET state = 'declined', decided_by_id = asked_by_id, decided_at = now()")


def test_accounts_actalone_worth(now):
    ActAlone.objects.create(kind="give_back_units", worth="0.01", actor=UserFactory(), at=now)
    with broken("accounts_actalone_worth"):
        run("UPDATE accounts_actalone SET worth = 0")


def test_accounts_approval_open_once(approval):
    with broken("accounts_approval_open_once"):
        copy("accounts_approval", approval.pk)


@pytest.fixture
def staff_role():
    return StaffRole.objects.create(code="tried", group=Group.objects.create(name="Tried"))


def test_accounts_staffrole_code_given(staff_role):
    with broken("accounts_staffrole_code_given"):
        run("UPDATE accounts_staffrole SET code = ''")


def test_accounts_staffrole_code_is_unique(staff_role):
    with broken("accounts_staffrole_code_key"):
        copy("accounts_staffrole", staff_role.pk, group_id=Group.objects.create(name="Other").pk)


def test_accounts_staffrole_group_is_unique(staff_role):
    with broken("accounts_staffrole_group_id_key"):
        copy("accounts_staffrole", staff_role.pk, code="other")


@pytest.mark.parametrize(
    ("kind", "person"),
    [("left", "NULL"), ("limits", "NULL"), ("invited", "1"), ("team_people", "1"), ("no such", "NULL")],
)
def test_accounts_memberevent_shape(kind, person):
    with broken("accounts_memberevent_shape"):
        run(f"INSERT INTO accounts_memberevent (account_id, kind, person_id) VALUES (1, '{kind}', {person})")


def test_accounts_memberevent_append_only():
    account = CustomerAccountFactory()
    MemberEvent.objects.create(account=account, kind="team_made", detail={"team": {"name": "Nantes", "quota": 3}})

    with broken("accounts_memberevent_append_only"):
        run("UPDATE accounts_memberevent SET detail = '{}'")
    with broken("accounts_memberevent_append_only"):
        run("DELETE FROM accounts_memberevent")
    run("DELETE FROM accounts_memberevent")
    run("DELETE FROM accounts_customeraccount WHERE id = %s", account.pk)
    run("SET CONSTRAINTS ALL IMMEDIATE")


def test_the_history_of_accounts_is_never_truncated():
    MemberEvent.objects.create(account=CustomerAccountFactory(), kind="details")
    run("SET CONSTRAINTS ALL IMMEDIATE")

    with pytest.raises(IntegrityError), transaction.atomic():
        run("TRUNCATE accounts_memberevent")


def test_accounts_memberevent_link():
    with broken("accounts_memberevent_link"):
        run("INSERT INTO accounts_memberevent (account_id, kind, link_id) VALUES (1, 'details', 1)")


def test_accounts_membership_digest_week_is_a_monday():
    membership = MembershipFactory()

    with broken("accounts_membership_digest_week_is_a_monday"):
        run("UPDATE accounts_membership SET digest_week = '2027-03-02' WHERE id = %s", membership.pk)
