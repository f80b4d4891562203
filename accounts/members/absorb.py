"""An account that was made for one visitor's order goes into another account of the same owner."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.db.models import Exists, OuterRef

from accounts.links.models import AddressLink
from accounts.members.history.models import MemberEvent
from accounts.members.models import TYPED, CustomerAccount, Membership
from accounts.people.delegation.models import Delegation, Detachment
from accounts.people.models import User
from accounts.teams.models import Team
from common.registry import Registry

# Tell whether an account, by its key, is named where nothing is ever changed, and so must not be deleted.
NAMED_FOR_GOOD: Registry[Callable[[int], bool]] = Registry("reason to keep an account")


def lock_to_absorb(*, source_id: int, target_id: int) -> None:
    """Lock two accounts before anything of `source` moves.

    They are locked by key and FOR UPDATE, which keeps out every row that would refer to them (`keep_account`, foreign
    keys) and everybody who acts for them (`keep_right`). Lock courses before. Accounts that do not exist are passed
    over.
    """
    accounts = CustomerAccount.objects.select_for_update().filter(pk__in=(source_id, target_id))
    list(accounts.order_by("pk").values_list("pk"))


def absorb_account(*, source: CustomerAccount, target: CustomerAccount, now: datetime) -> None:
    """Give the rows that this floor keeps of `source` to `target` and delete `source`, or close it where it is named
    for good.

    The history of `source` goes or stays with it: it tells of the claimant alone. The `target`'s delegation of a person
    delegated in both stays. The caller has moved everything of the floors above under the lock of the order and those
    of `lock_to_absorb`; `source` has no invited members.
    """
    User.objects.filter(created_by_account=source).update(created_by_account=target)
    AddressLink.objects.filter(account=source).update(account=target)
    known = Delegation.objects.filter(account=target, operator=OuterRef("operator"), person=OuterRef("person"))
    Delegation.objects.filter(Exists(known), account=source).delete()
    Delegation.objects.filter(account=source).update(account=target, team=None)
    Detachment.objects.filter(account=source).update(account=target)
    # Its people and seats have left them.
    Team.objects.filter(account=source).delete()
    Membership.objects.filter(account=source).delete()
    if any(is_named(source.pk) for is_named in NAMED_FOR_GOOD):
        _close(source, now=now)
    else:
        MemberEvent.objects.filter(account=source).delete()
        source.delete()


def _close(account: CustomerAccount, *, now: datetime) -> None:
    """Keep the key of an account and nothing that was typed."""
    blank = dict.fromkeys(TYPED, "")
    CustomerAccount.objects.filter(pk=account.pk).update(closed_at=now, credit_limit=None, **blank)
