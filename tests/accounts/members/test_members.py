"""Members of a customer account: Alice owns the account, Bob works for it, Carol is a stranger."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.links.effects import link_url
from accounts.links.models import AddressLink
from accounts.members import services as members
from accounts.members.models import MemberInvitation, Membership
from accounts.people.models import User
from common.postal import PostalAddress
from outbox.mails.models import Mail
from outbox.mails.rendering import render_mail
from tests.accounts.sign_in.test_sign_in import signed_in_as
from tests.factories.accounts import CustomerAccountFactory, MembershipFactory, UserFactory
from tests.rivals.processes import errors_among, no_row_locks, race

pytestmark = pytest.mark.django_db


@pytest.fixture
def account():
    return CustomerAccountFactory(name="Ateliers Martin", credit_limit=1)


@pytest.fixture
def alice(account):
    return MembershipFactory(account=account, user__email="alice@example.org").user


@pytest.fixture
def bob(account):
    return MembershipFactory(account=account, user__email="bob@example.org", is_owner=False, is_operator=True).user


@pytest.fixture
def carol():
    """Return the owner of another account."""
    return MembershipFactory(user__email="carol@example.org").user


def as_(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def invite(alice, email="dan@example.org", roles=("is_buyer",)):
    account = alice.memberships.get().account
    return as_(alice).post(reverse("account-members", args=[account.pk]), {"email": email, "roles": list(roles)})


def roles_in(account, user):
    return members.roles_of(Membership.objects.get(account=account, user=user))


def test_an_owner_sees_the_members(account, alice, bob):
    page = as_(alice).get(reverse("account-members", args=[account.pk])).content.decode()

    assert "Ateliers Martin" in page
    assert "bob@example.org" in page


def test_a_visitor_is_asked_to_sign_in(account):
    response = Client().get(reverse("account-members", args=[account.pk]))

    assert response["Location"].startswith(reverse("account_login"))


def test_who_is_no_owner_finds_no_members_page(account, alice, bob):
    client = as_(bob)

    assert client.get(reverse("account-members", args=[account.pk])).status_code == 404
    assert (
        client.post(
            reverse("account-members", args=[account.pk]), {"email": "x@example.org", "roles": "is_buyer"}
        ).status_code
        == 404
    )
    assert Mail.objects.count() == 0


@pytest.mark.parametrize("name", ["account-member", "account-member-remove", "account-member-transfer"])
def test_the_owner_of_another_account_finds_nothing(account, alice, bob, carol, name):
    membership = Membership.objects.get(user=bob)

    for number in (account.pk, carol.memberships.get().account_id):
        posted = {"roles": "is_owner", "shown": "is_operator"}
        assert as_(carol).post(reverse(name, args=[number, membership.pk]), posted).status_code == 404

    assert roles_in(account, bob) == {"is_operator"}


def test_the_owner_of_another_account_cannot_withdraw(account, alice, carol):
    invite(alice)
    invitation = MemberInvitation.objects.get()

    for number in (account.pk, carol.memberships.get().account_id):
        response = as_(carol).post(reverse("account-member-withdraw", args=[number, invitation.pk]))
        assert response.status_code == 404

    assert MemberInvitation.objects.count() == 1


def test_an_invited_colleague_becomes_a_member_by_the_link(account, alice):
    response = invite(alice, "Dan@Example.org", roles=("is_operator", "is_buyer"))

    assert response["Location"] == reverse("account-members", args=[account.pk])
    assert not User.objects.filter(email="dan@example.org").exists()
    mail = Mail.objects.get(kind="member_invitation")
    assert mail.recipient == "dan@example.org"
    text = render_mail(mail, blank_secrets=True).text
    assert "Ateliers Martin" in text
    assert alice.get_full_name() in text
    dan = Client()
    dan.post(link_url(AddressLink.objects.get()))
    assert signed_in_as(dan) == "dan@example.org"
    assert roles_in(account, User.objects.get(email="dan@example.org")) == {"is_operator", "is_buyer"}
    assert MemberInvitation.objects.count() == 0


def test_known_and_unknown_people_look_alike_until_they_accept(account, alice):
    UserFactory(email="known@example.org", first_name="Known", last_name="Person")

    pages = []
    for email in ("known@example.org", "stranger@example.org"):
        MemberInvitation.objects.all().delete()
        response = as_(alice).post(
            reverse("account-members", args=[account.pk]), {"email": email, "roles": "is_buyer"}, follow=True
        )
        pages.append(text_of(response).replace(email, "ADDRESS"))

    assert pages[0] == pages[1]
    assert Membership.objects.filter(account=account).count() == 1


def text_of(response) -> str:
    import re

    page = re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"', "", response.content.decode())
    return re.sub(r"/invitations/\d+/", "", page)


def test_a_member_is_not_invited_again(account, alice, bob):
    response = invite(alice, "BOB@example.org")

    assert response.status_code == 422
    assert "BOB@example.org" in response.content.decode()
    assert Mail.objects.count() == 0


def test_an_invitation_names_at_least_one_role(alice):
    assert invite(alice, roles=()).status_code == 422
    assert MemberInvitation.objects.count() == 0


def test_inviting_again_at_once_is_refused_and_later_replaces_the_link(account, alice):
    now = timezone.now()

    def again(at, roles):
        return members.invite_member(
            account=account, invited_by=alice, email="dan@example.org", roles=roles, language="en", now=at
        )

    again(now, {"is_buyer"})
    with pytest.raises(members.JustInvited):
        again(now + timedelta(minutes=9), {"is_owner"})
    again(now + timedelta(minutes=11), {"is_operator"})

    invitation = MemberInvitation.objects.get()
    assert members.roles_of(invitation) == {"is_operator"}
    old, new = AddressLink.objects.order_by("pk")
    assert invitation.link == new
    assert old.used_at is not None
    assert Client().get(link_url(old)).status_code == 404


def test_an_address_is_invited_again_ten_minutes_later_to_the_moment(account, alice):
    now = timezone.now()

    def again(at):
        return members.invite_member(
            account=account, invited_by=alice, email="dan@example.org", roles={"is_buyer"}, language="en", now=at
        )

    again(now)
    with pytest.raises(members.JustInvited):
        again(now + timedelta(minutes=10) - timedelta(microseconds=1))
    again(now + timedelta(minutes=10))

    assert Mail.objects.filter(kind="member_invitation").count() == 2


def test_a_withdrawn_invitation_is_gone(account, alice):
    invite(alice)
    invitation = MemberInvitation.objects.get()

    as_(alice).post(reverse("account-member-withdraw", args=[account.pk, invitation.pk]))

    assert MemberInvitation.objects.count() == 0
    assert Client().post(link_url(AddressLink.objects.get())).status_code == 404
    assert Membership.objects.filter(account=account).count() == 1


def test_invitations_waiting_for_an_answer_are_limited(account, alice, monkeypatch):
    monkeypatch.setattr(members, "MAX_PENDING_INVITATIONS", 2)
    invite(alice, "one@example.org")
    invite(alice, "two@example.org")

    response = invite(alice, "three@example.org")

    assert response.status_code == 422
    assert MemberInvitation.objects.count() == 2


def test_accepting_adds_to_the_roles_one_has(account, alice, bob):
    invite(alice, "dan@example.org", roles=("is_accountant",))
    dan = MembershipFactory(account=account, user__email="dan@example.org", is_owner=False, is_buyer=True).user

    as_(dan).post(link_url(AddressLink.objects.get()))

    assert roles_in(account, dan) == {"is_buyer", "is_accountant"}


def test_an_owner_changes_roles(account, alice, bob):
    membership = Membership.objects.get(user=bob)

    as_(alice).post(
        reverse("account-member", args=[account.pk, membership.pk]),
        {"roles": ["is_buyer", "is_accountant"], "shown": "is_operator"},
    )

    assert roles_in(account, bob) == {"is_buyer", "is_accountant"}


def test_a_member_without_any_role_is_refused(account, alice, bob):
    membership = Membership.objects.get(user=bob)

    response = as_(alice).post(reverse("account-member", args=[account.pk, membership.pk]), {"shown": "is_operator"})

    assert response.status_code == 422
    assert roles_in(account, bob) == {"is_operator"}


def test_a_member_can_be_removed(account, alice, bob):
    membership = Membership.objects.get(user=bob)

    as_(alice).post(reverse("account-member-remove", args=[account.pk, membership.pk]), {"shown": "is_operator"})

    assert not Membership.objects.filter(user=bob).exists()
    assert User.objects.filter(pk=bob.pk).exists()


def test_the_last_owner_can_be_neither_removed_nor_demoted(account, alice, bob):
    membership = Membership.objects.get(user=alice)
    client = as_(alice)

    client.post(reverse("account-member-remove", args=[account.pk, membership.pk]), {"shown": "is_owner"})
    response = client.post(
        reverse("account-member", args=[account.pk, membership.pk]), {"roles": "is_buyer", "shown": "is_owner"}
    )

    assert response.status_code == 422
    assert roles_in(account, alice) == {"is_owner"}


def test_a_closed_owner_does_not_count_as_one(account, alice):
    MembershipFactory(account=account, user__is_active=False)
    membership = Membership.objects.get(user=alice)

    with pytest.raises(members.LastOwner):
        members.remove_member(account=account, membership_id=membership.pk, now=timezone.now())


def test_the_account_can_be_handed_over(account, alice, bob):
    membership = Membership.objects.get(user=bob)

    response = as_(alice).post(
        reverse("account-member-transfer", args=[account.pk, membership.pk]), {"shown": "is_operator"}
    )

    assert roles_in(account, bob) == {"is_owner", "is_operator"}
    assert roles_in(account, alice) == {"is_buyer", "is_operator"}
    assert response["Location"] == reverse("account-overview", args=[account.pk])


def test_an_account_is_not_handed_over_to_somebody_closed(account, alice):
    closed = MembershipFactory(account=account, user__is_active=False, is_owner=False, is_buyer=True)

    response = as_(alice).post(
        reverse("account-member-transfer", args=[account.pk, closed.pk]),
        {"shown": "is_buyer"},
        follow=True,
        headers={"accept-language": "en"},
    )

    assert "This person cannot sign in any more. Choose another member." in response.content.decode()
    assert roles_in(account, closed.user) == {"is_buyer"}
    assert roles_in(account, alice) == {"is_owner"}


def test_an_account_is_not_handed_over_to_oneself(account, alice):
    membership = Membership.objects.get(user=alice)

    response = as_(alice).post(reverse("account-member-transfer", args=[account.pk, membership.pk]))

    assert response.status_code == 404
    assert roles_in(account, alice) == {"is_owner"}


def test_changes_are_posts(account, alice, bob):
    client = as_(alice)
    membership = Membership.objects.get(user=bob)

    for name in ("account-member-remove", "account-member-transfer"):
        assert client.get(reverse(name, args=[account.pk, membership.pk])).status_code == 405


def test_claiming_makes_an_owner_of_whoever_they_were(account, bob):
    members.ensure_owner(account=account, user=bob, now=timezone.now())
    members.ensure_owner(account=account, user=bob, now=timezone.now())

    assert roles_in(account, bob) == {"is_owner", "is_operator"}


def test_an_account_without_an_owner_is_unclaimed():
    from accounts.members.models import CustomerAccount

    owner = UserFactory()
    mine = members.create_account(owner=owner, kind="person", address=PostalAddress(name="Alice"), now=timezone.now())
    members.create_account(owner=None, kind="person", address=PostalAddress(name="Visitor"), now=timezone.now())

    assert list(CustomerAccount.objects.claimed()) == [mine]
    assert roles_in(mine, owner) == {"is_owner"}


def two_owners_leave(**how):
    """Return the number of owners left and the classes of the refusals."""
    account = CustomerAccountFactory()
    ids = [MembershipFactory(account=account).pk for _ in range(2)]
    answers = race(
        *(lambda pk=pk: members.remove_member(account=account, membership_id=pk, now=timezone.now()) for pk in ids),
        after=[(members, "_refuse_without_other_owner")],
        **how,
    )
    return Membership.objects.filter(account=account, is_owner=True).count(), errors_among(answers)


@pytest.mark.django_db(transaction=True)
def test_two_owners_leaving_at_once_leave_one():
    assert two_owners_leave() == (1, ["LastOwner"])


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_both_would_leave():
    """Negative control: the race above can be lost."""
    assert two_owners_leave(without=no_row_locks) == (0, [])


def test_fifty_invitations_of_an_account_may_wait():
    assert members.MAX_PENDING_INVITATIONS == 50
