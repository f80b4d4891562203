"""Rights of the members of a customer account, by role.

owner: everything · buyer: buys, pays, sees their own orders · operator: seats, sessions and people, no money ·
accountant: orders, invoices and payment, no people. A member may hold several roles.
"""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum, auto

from django.contrib.auth.models import AnonymousUser
from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.members.models import CustomerAccount, Membership
from accounts.people.models import User


class Right(StrEnum):
    BUY = auto()
    PAY = auto()
    SEE_OWN_ORDERS = auto()
    SEE_ALL_ORDERS = auto()
    SEE_INVOICES = auto()
    MANAGE_SEATS = auto()
    MANAGE_PEOPLE = auto()
    WORK_IN_PART = auto()
    MANAGE_MEMBERS = auto()
    MANAGE_ACCOUNT = auto()


# Role column of Membership -> rights.
RIGHTS_BY_ROLE: dict[str, frozenset[Right]] = {
    "is_owner": frozenset(Right),
    "is_buyer": frozenset({Right.BUY, Right.PAY, Right.SEE_OWN_ORDERS}),
    "is_operator": frozenset({Right.MANAGE_SEATS, Right.MANAGE_PEOPLE}),
    "is_accountant": frozenset({Right.PAY, Right.SEE_OWN_ORDERS, Right.SEE_ALL_ORDERS, Right.SEE_INVOICES}),
}
ROLES: tuple[str, ...] = tuple(RIGHTS_BY_ROLE)
# Rights over the whole account. An operator limited to a part of it has WORK_IN_PART instead, which opens only pages
# that show no more than the part.
OF_THE_WHOLE = frozenset({Right.MANAGE_SEATS, Right.MANAGE_PEOPLE})


def rights_of(membership: Membership | None) -> set[Right]:
    """Return all rights of a member; none without a membership."""
    if membership is None:
        return set()
    rights = {right for role, rights in RIGHTS_BY_ROLE.items() if getattr(membership, role) for right in rights}
    if membership.is_limited:
        return (rights - OF_THE_WHOLE) | {Right.WORK_IN_PART}
    return rights


def roles_in_words(roles: Collection[str]) -> str:
    """Name roles in the reader's language; a text that is no role is left out."""
    fields = {field.name: field for field in Membership._meta.fields}
    names = [str(fields[role].verbose_name) for role in ROLES if role in roles]
    return ", ".join(names) or "–"


def membership_with(right: Right) -> Q:
    """Return the condition for memberships that grant a right."""
    grants = Q()
    for role, rights in RIGHTS_BY_ROLE.items():
        if right in rights:
            grants |= Q(**{role: True}) & (Q(limits__isnull=True) if _is_limitable(role, right) else Q())
    return grants


def _is_limitable(role: str, right: Right) -> bool:
    return role == "is_operator" and right in OF_THE_WHOLE


def accounts_with(user: User | AnonymousUser, right: Right) -> QuerySet[CustomerAccount]:
    """Return the accounts in which a person holds a right, by name. None for a visitor or an inactive user."""
    if not user.is_active or user.pk is None:
        return CustomerAccount.objects.none()
    memberships = Membership.objects.filter(membership_with(right), account=OuterRef("pk"), user_id=user.pk)
    return CustomerAccount.objects.filter(Exists(memberships)).order_by("sort_name", "pk")


def operators_of(account: CustomerAccount) -> QuerySet[User]:
    """Return the owners and operators of an account, by name: each may be an order's operator."""
    memberships = Membership.objects.filter(
        membership_with(Right.MANAGE_SEATS), account=account, user_id=OuterRef("pk")
    )
    return User.objects.filter(Exists(memberships), is_active=True).order_by("sort_name", "pk")


def buyers_of(account: CustomerAccount) -> QuerySet[User]:
    """Return the owners and buyers of an account, by name: each may buy for it."""
    memberships = Membership.objects.filter(membership_with(Right.BUY), account=account, user_id=OuterRef("pk"))
    return User.objects.filter(Exists(memberships), is_active=True).order_by("sort_name", "pk")


def members_with(right: Right, account_ids: Collection[int], **wanted: bool) -> dict[int, list[Membership]]:
    """Return the active members who hold a right, by account, the first to join first, with their users.

    `wanted` are columns of the membership, such as the mails that a member wants. One statement.
    """
    members = Membership.objects.filter(
        membership_with(right), account__in=account_ids, user__is_active=True, **wanted
    ).select_related("user")
    found: dict[int, list[Membership]] = {}
    for member in members.order_by("created_at", "pk"):
        found.setdefault(member.account_id, []).append(member)
    return found


def first_owner(account: CustomerAccount) -> User | None:
    """Return the active owner who joined an account first; None if it has none. Locks nothing: see
    `accounts.members.operators` for an answer that stays true."""
    owners = Membership.objects.filter(account=account, is_owner=True, user__is_active=True).select_related("user")
    owner = owners.order_by("created_at", "pk").first()
    return owner.user if owner is not None else None
