"""Reads about people and their accounts."""

from __future__ import annotations

from collections.abc import Iterable

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import AnonymousUser
from django.db.models import Exists, OuterRef, QuerySet

from accounts.members.models import CustomerAccount, MemberInvitation, Membership
from accounts.people.models import User


def active_accounts(user: User | AnonymousUser) -> QuerySet[CustomerAccount]:
    """Return the accounts a person belongs to, by name; none for a visitor."""
    if not user.is_active or user.pk is None:
        return CustomerAccount.objects.none()
    memberships = Membership.objects.filter(account=OuterRef("pk"), user_id=user.pk)
    return CustomerAccount.objects.filter(Exists(memberships)).order_by("name", "pk")


def is_address_proved(user: User) -> bool:
    """Tell whether the user's present address was proved by a mailed code or link."""
    return EmailAddress.objects.filter(user_id=user.pk, email=user.email, verified=True).exists()


def ids_with_proved_address(users: Iterable[User]) -> set[int]:
    """Return the keys of the users whose address is proved, in one statement."""
    proved = EmailAddress.objects.filter(user_id__in=[user.pk for user in users], verified=True)
    return set(proved.values_list("user_id", flat=True))


def has_second_factor(user: User) -> bool:
    return Authenticator.objects.filter(user_id=user.pk, type=Authenticator.Type.TOTP).exists()


def signs_in_by_himself(user: User) -> bool:
    """Tell whether the user has a valid password or a second factor, so that no link signs the user in.

    Ask after the address was proved: an unproved password is void by then.
    """
    return user.has_usable_password() or has_second_factor(user)


def members_of(account: CustomerAccount) -> QuerySet[Membership]:
    """Return the members with their users, owners first, then by name."""
    return (
        Membership.objects.filter(account=account)
        .select_related("user")
        .order_by("-is_owner", "user__last_name", "user__first_name", "user__email")
    )


def invitations_of(account: CustomerAccount) -> QuerySet[MemberInvitation]:
    """Return the pending invitations, by address; `link` says until when each can be followed."""
    return MemberInvitation.objects.filter(account=account).select_related("link").order_by("email")
