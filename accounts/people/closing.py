"""Closing a person's access: the merchant's substitute for deleting people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from accounts.members.models import CustomerAccount, Membership
from accounts.people.models import User
from common.refusals import Refused
from common.registry import Registry, qualified_name
from common.words import in_words


@dataclass(frozen=True)
class Follower:
    """Undoing what a person had as an operator: `lock` takes the locks that stand before those of accounts, `end` runs
    in the transaction that closes the person."""

    lock: Callable[[User], None]
    end: Callable[[User, datetime], None]


FOLLOWERS: Registry[Follower] = Registry("follower of a closing")


def on_closed(*, lock: Callable[[User], None], end: Callable[[User, datetime], None]) -> None:
    """Register what follows the closing of a person; registering twice counts once."""
    FOLLOWERS.register(qualified_name(end), Follower(lock, end))


def lock_what_closing_ends(user: User) -> None:
    """Lock what `end_what_closing_ends` will end; call it before an account is locked."""
    for follower in FOLLOWERS:
        follower.lock(user)


def end_what_closing_ends(user: User, now: datetime) -> None:
    """End what a person had as an operator of their accounts. Opening them again brings nothing of it back."""
    for follower in FOLLOWERS:
        follower.end(user, now)


class OnlyOwner(Refused):
    """Closing would leave colleagues in an account without an owner; `accounts` are those accounts."""

    def __init__(self, accounts: list[CustomerAccount]) -> None:
        names = ", ".join(map(str, accounts))
        super().__init__(
            in_words(
                lambda: (
                    _("This is the only owner of %(accounts)s. Make another member an owner there first.")
                    % {"accounts": names}
                )
            )
        )
        self.accounts = accounts


def refuse_to_close_an_only_owner(user: User) -> None:
    """Raise OnlyOwner where closing a user would leave others in an account without an owner who can sign in.

    An account without other members may lose its owner. Locks the accounts the person belongs to, by key, until the
    caller's transaction ends: meanwhile nobody becomes an owner there, or ceases to be one.
    """
    mine = CustomerAccount.objects.filter(memberships__user=user)
    locked = list(mine.select_for_update(no_key=True, of=("self",)).order_by("pk").values_list("pk", flat=True))
    others = Membership.objects.filter(account=OuterRef("pk"), user__is_active=True).exclude(user=user)
    owned = CustomerAccount.objects.filter(pk__in=locked, memberships__user=user, memberships__is_owner=True)
    left = owned.filter(Exists(others)).exclude(Exists(others.filter(is_owner=True)))
    if accounts := list(left.order_by("sort_name", "pk")):
        raise OnlyOwner(accounts)
