"""Reads about the members of customer accounts."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser
from django.db.models import Exists, OuterRef, QuerySet

from accounts.members.models import CustomerAccount, MemberInvitation, Membership
from accounts.people.models import User


def active_accounts(user: User | AnonymousUser) -> QuerySet[CustomerAccount]:
    """Return the accounts a person belongs to, by name; none for a visitor."""
    if not user.is_active or user.pk is None:
        return CustomerAccount.objects.none()
    memberships = Membership.objects.filter(account=OuterRef("pk"), user_id=user.pk)
    return CustomerAccount.objects.filter(Exists(memberships)).order_by("sort_name", "pk")


def members_of(account: CustomerAccount) -> QuerySet[Membership]:
    """Return the members with their users, owners first, then by name."""
    return (
        Membership.objects.filter(account=account).select_related("user").order_by("-is_owner", "user__sort_name", "pk")
    )


def invitations_of(account: CustomerAccount) -> QuerySet[MemberInvitation]:
    """Return the pending invitations, by address; `link` says until when each can be followed."""
    return MemberInvitation.objects.filter(account=account).select_related("link").order_by("email")
