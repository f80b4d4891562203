"""Every column that changes of members write, whom each change passes over, and what is refused without a trace."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError

from accounts.links.models import AddressLink
from accounts.links.services import LinkGone
from accounts.members import services as members
from accounts.members.absorb import absorb_account
from accounts.members.lost_rights import FOLLOWERS, on_right_lost
from accounts.members.models import CustomerAccount, MemberInvitation, Membership
from accounts.members.rights import Right, accounts_with, membership_with
from accounts.people.closing import OnlyOwner, refuse_to_close_an_only_owner
from accounts.people.delegation.models import Delegation
from accounts.people.models import User
from common.postal import PostalAddress
from outbox.mails.models import Mail
from project.settings.rate_limits import RATE_LIMITS
from tests.factories.accounts import CustomerAccountFactory, DelegationFactory, MembershipFactory, UserFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
ROLES = ("is_owner", "is_buyer", "is_operator", "is_accountant")


@pytest.fixture
def account():
    return CustomerAccountFactory(name="Ateliers Martin")


@pytest.fixture
def alice(account):
    return MembershipFactory(account=account, user__first_name="Alice", user__last_name="Martin").user


def roles_of(user, account):
    return Membership.objects.values_list(*ROLES).get(user=user, account=account)


def invite(account, alice, email="dan@example.org", roles=("is_buyer",), language="fr", now=NOW):
    return members.invite_member(
        account=account, invited_by=alice, email=email, roles=roles, language=language, now=now
    )  # fmt: skip


def test_an_account_is_made_with_all_that_was_told():
    owner = UserFactory()

    address = PostalAddress(
        name="Ateliers Roy", street="3 rue du Port", postal_code="44000", city="Nantes", country="BE"
    )  # fmt: skip

    account = members.create_account(
        owner=owner, kind="organisation", address=address, now=NOW, vat_id="BE0428759497",
        payer_email="Pay@Example.org",
    )  # fmt: skip

    kept = CustomerAccount.objects.get()
    assert kept == account
    assert (kept.kind, kept.name, kept.street, kept.postal_code) == (
        "organisation", "Ateliers Roy", "3 rue du Port", "44000",
    )  # fmt: skip
    assert (kept.city, str(kept.country), kept.vat_id, kept.payer_email, kept.created_at) == (
        "Nantes", "BE", "BE0428759497", "pay@example.org", NOW,
    )  # fmt: skip
    assert Membership.objects.values_list("user", "created_at", *ROLES).get() == (
        owner.pk, NOW, True, False, False, False,
    )  # fmt: skip


def test_an_account_of_a_person_needs_a_name_and_nothing_else():
    members.create_account(owner=None, kind="person", address=PostalAddress(name="Alice"), now=NOW)

    kept = CustomerAccount.objects.get()
    assert (kept.street, kept.postal_code, kept.city, str(kept.country), kept.vat_id, kept.payer_email) == (
        "", "", "", "FR", "", "",
    )  # fmt: skip


def test_an_invitation_carries_link_roles_and_mail(account, alice):
    invitation = invite(account, alice, " Dan@Example.org ", roles=("is_buyer", "is_accountant"))

    link, mail = AddressLink.objects.get(), Mail.objects.get()
    kept = MemberInvitation.objects.values_list("account", "email", "link", "invited_by", "created_at", *ROLES).get()
    assert kept == (account.pk, "dan@example.org", link.pk, alice.pk, NOW, False, True, False, True)
    assert invitation.pk == MemberInvitation.objects.get().pk
    assert (link.purpose, link.email, link.user, link.account, link.language) == (
        "membership", "dan@example.org", None, account, "fr",
    )  # fmt: skip
    assert (link.created_at, link.expires_at, link.used_at) == (NOW, NOW + timedelta(days=30), None)
    assert (mail.kind, mail.key, mail.recipient, mail.language) == (
        "member_invitation", f"member_invitation:{link.pk}", "dan@example.org", "fr",
    )  # fmt: skip
    assert mail.context == {
        "link_id": link.pk,
        "account_name": "Ateliers Martin",
        "invited_by": "Alice Martin",
        "inviter": alice.email,
    }
    assert (mail.account_id, mail.expires_at) == (account.pk, link.expires_at)


def test_what_is_refused_leaves_nothing(account, alice):
    MembershipFactory(account=account, user__email="bob@example.org")

    with pytest.raises(members.AlreadyMember):
        invite(account, alice, "Bob@example.org")
    with pytest.raises(members.NoRole):
        invite(account, alice, roles=())
    with pytest.raises(ValueError, match="Unknown roles: \\['is_king'\\]"):
        invite(account, alice, roles=("is_buyer", "is_king"))
    with pytest.raises(ValidationError):
        invite(account, alice, "dan")

    assert not MemberInvitation.objects.exists()
    assert not Mail.objects.exists()


def test_a_member_of_another_account_is_invited_like_anybody(account, alice):
    dan = MembershipFactory(user__email="dan@example.org").user

    invite(account, alice)

    assert MemberInvitation.objects.get().email == dan.email


def test_the_limit_of_invitations_is_each_accounts_own(account, alice, monkeypatch):
    monkeypatch.setattr(members, "MAX_PENDING_INVITATIONS", 1)
    other = MembershipFactory()
    invite(other.account, other.user, "one@example.org")

    invite(account, alice, "one@example.org")

    with pytest.raises(members.TooManyInvitations):
        invite(account, alice, "two@example.org")
    # Inviting somebody again makes no second invitation, so it is no one too many.
    invite(account, alice, "one@example.org", roles=("is_operator",), now=LATER)
    assert MemberInvitation.objects.filter(account=account).values_list("email", *ROLES).get() == (
        "one@example.org", False, False, True, False,
    )  # fmt: skip


def test_only_the_invitation_of_the_same_account_and_address_is_too_recent(account, alice, settings):
    settings.RATE_LIMITS = RATE_LIMITS
    other = MembershipFactory()
    invite(account, alice)

    invite(other.account, other.user)
    invite(account, alice, "eve@example.org")

    with pytest.raises(members.JustInvited):
        invite(account, alice)
    assert MemberInvitation.objects.count() == 3


def test_an_invitation_is_withdrawn_by_its_own_account_and_its_link_is_dead(account, alice):
    invitation = invite(account, alice)
    untouched = invite(account, alice, "eve@example.org")

    with pytest.raises(MemberInvitation.DoesNotExist):
        members.withdraw_invitation(account=CustomerAccountFactory(), invitation_id=invitation.pk, now=LATER)
    members.withdraw_invitation(account=account, invitation_id=invitation.pk, now=LATER)

    assert MemberInvitation.objects.get() == untouched
    assert dict(AddressLink.objects.values_list("email", "used_at")) == {
        "dan@example.org": LATER,
        "eve@example.org": None,
    }


def test_an_accepted_invitation_is_gone(account, alice):
    invitation = invite(account, alice, roles=("is_buyer", "is_operator"))
    link, dan = AddressLink.objects.get(), UserFactory(email="dan@example.org")

    membership = members.accept_invitation(link=link, user=dan, now=LATER)

    assert (membership.account, membership.user, membership.created_at) == (account, dan, LATER)
    assert roles_of(dan, account) == (False, True, True, False)
    assert not MemberInvitation.objects.filter(pk=invitation.pk).exists()
    with pytest.raises(LinkGone):
        members.accept_invitation(link=link, user=dan, now=LATER)


def test_ownership_leaves_the_giver_buyer_and_operator_and_others_as_they_were(account, alice):
    bob = MembershipFactory(account=account, is_owner=False, is_accountant=True)
    carol = MembershipFactory(account=account, is_owner=False, is_buyer=True)
    elsewhere = MembershipFactory()

    taker = members.transfer_ownership(account=account, giver=alice, membership_id=bob.pk, now=NOW)

    assert (taker.pk, taker.is_owner) == (bob.pk, True)
    assert roles_of(alice, account) == (False, True, True, False)
    assert roles_of(bob.user, account) == (True, False, False, True)
    assert roles_of(carol.user, account) == (False, True, False, False)
    with pytest.raises(Membership.DoesNotExist):
        members.transfer_ownership(account=account, giver=bob.user, membership_id=elsewhere.pk, now=NOW)
    with pytest.raises(Membership.DoesNotExist):
        members.transfer_ownership(account=account, giver=alice, membership_id=carol.pk, now=NOW)


def test_a_member_of_another_account_is_neither_changed_nor_removed(account, alice):
    other = MembershipFactory(is_owner=False, is_buyer=True)

    with pytest.raises(Membership.DoesNotExist):
        members.change_roles(account=account, membership_id=other.pk, roles=["is_owner"], now=NOW)
    with pytest.raises(Membership.DoesNotExist):
        members.remove_member(account=account, membership_id=other.pk, now=NOW)

    assert roles_of(other.user, other.account) == (False, True, False, False)


def test_an_owner_of_another_account_is_no_second_owner(account, alice):
    MembershipFactory()
    own = Membership.objects.get(user=alice)

    with pytest.raises(members.LastOwner):
        members.change_roles(account=account, membership_id=own.pk, roles=["is_buyer"], now=NOW)

    MembershipFactory(account=account)
    changed = members.change_roles(account=account, membership_id=own.pk, roles=["is_buyer"], now=NOW)
    assert (changed.is_owner, changed.is_buyer) == (False, True)


def test_the_only_owner_may_take_more_roles(account, alice):
    own = Membership.objects.get(user=alice)

    members.change_roles(account=account, membership_id=own.pk, roles=["is_owner", "is_buyer"], now=NOW)

    assert roles_of(alice, account) == (True, True, False, False)


# --- What rights gave ---


@pytest.fixture
def followed():
    """Record the calls of a follower of the lost right: (step, account, people, when)."""
    told = []

    def end(account, user_ids, now):
        told.append(("end", account.pk, list(user_ids), now))

    with FOLLOWERS.emptied():
        on_right_lost(
            Right.MANAGE_SEATS, lock=lambda account, ids: told.append(("lock", account.pk, list(ids), None)), end=end
        )
        yield told


@pytest.mark.parametrize("roles", [["is_buyer"], ["is_accountant", "is_buyer"]])
def test_what_a_lost_right_gave_is_locked_and_ended(account, alice, followed, roles):
    bob = MembershipFactory(account=account, is_owner=False, is_operator=True)

    members.change_roles(account=account, membership_id=bob.pk, roles=roles, now=NOW)

    assert followed == [("lock", account.pk, [bob.user_id], None), ("end", account.pk, [bob.user_id], NOW)]


@pytest.mark.parametrize("roles", [["is_operator"], ["is_buyer", "is_operator"], ["is_owner"]])
def test_a_right_that_another_role_grants_is_not_lost(account, alice, followed, roles):
    bob = MembershipFactory(account=account, is_owner=False, is_operator=True)

    members.change_roles(account=account, membership_id=bob.pk, roles=roles, now=NOW)

    assert followed == []


def test_who_is_removed_loses_every_right(account, alice, followed):
    bob = MembershipFactory(account=account, is_owner=False, is_operator=True)

    members.remove_member(account=account, membership_id=bob.pk, now=NOW)

    assert followed == [("lock", account.pk, [bob.user_id], None), ("end", account.pk, [bob.user_id], NOW)]


# --- Rights ---


def test_a_right_is_asked_of_its_own_account(account, alice):
    CustomerAccountFactory()
    assert list(accounts_with(alice, Right.PAY)) == [account]
    assert not accounts_with(UserFactory(), Right.PAY).exists()


@pytest.mark.parametrize(
    ("right", "roles"),
    [(Right.MANAGE_MEMBERS, {"is_owner"}), (Right.PAY, {"is_owner", "is_buyer", "is_accountant"})],
)
def test_a_right_is_granted_by_each_of_its_roles(account, right, roles):
    holders = {
        role: MembershipFactory(account=account, **({"is_owner": False} | {role: True})) for role in ROLES
    }  # fmt: skip

    granted = Membership.objects.filter(membership_with(right))

    assert set(granted) == {holders[role] for role in roles}


# --- Closing and absorbing ---


def test_an_only_owner_of_colleagues_is_told_where(alice, account):
    MembershipFactory(account=account, is_owner=False, is_buyer=True)
    MembershipFactory(user=alice, account__name="Alone")
    shared = MembershipFactory(user=alice, account__name="Shared").account
    MembershipFactory(account=shared)

    with pytest.raises(OnlyOwner) as refused:
        refuse_to_close_an_only_owner(alice)

    assert refused.value.accounts == [account]
    assert "Ateliers Martin" in str(refused.value)


def test_who_owns_nothing_is_closed_whoever_is_left(account, alice):
    bob = MembershipFactory(account=account, is_owner=False, is_operator=True).user

    refuse_to_close_an_only_owner(bob)


def test_of_an_account_that_goes_away_everything_goes_along_and_nothing_of_others(account):
    source, other = CustomerAccountFactory.create_batch(2)
    owner, operator, person = MembershipFactory(account=source).user, UserFactory(), UserFactory()
    made, elsewhere = UserFactory(created_by_account=source), UserFactory(created_by_account=other)
    links = {
        each.pk: AddressLink.objects.create(
            purpose="claim", email="a@example.org", account=each, nonce="n", token_hash=str(each.pk), created_at=NOW,
            expires_at=LATER,
        )
        for each in (source, other)
    }  # fmt: skip
    kept = DelegationFactory(account=account, operator=operator, person=person, first_name="As account knows")
    DelegationFactory(account=source, operator=operator, person=person, first_name="As source knew")
    moved = DelegationFactory(account=source, operator=owner, person=person)
    stays = DelegationFactory(account=other, operator=operator, person=person)

    absorb_account(source=source, target=account, now=NOW)

    assert not CustomerAccount.objects.filter(name=source.name).exists()
    assert dict(User.objects.filter(created_by_account__isnull=False).values_list("pk", "created_by_account")) == {
        made.pk: account.pk,
        elsewhere.pk: other.pk,
    }
    assert set(AddressLink.objects.values_list("pk", "account")) == {
        (links[other.pk].pk, other.pk),
        *((link.pk, account.pk) for link in links.values() if link.pk != links[other.pk].pk),
    }
    assert dict(Delegation.objects.values_list("pk", "account")) == {
        kept.pk: account.pk, moved.pk: account.pk, stays.pk: other.pk,
    }  # fmt: skip
    assert not Membership.objects.filter(user=owner).exists()
