"""Closing a person's access: the merchant's substitute for deleting people."""

from __future__ import annotations

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from accounts.members.models import CustomerAccount, Membership
from accounts.people.models import User
from common.refusals import Refused
from common.words import in_words


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
