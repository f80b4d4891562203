"""Undoing what a right gave a member who loses it. Upper floors register theirs in their app's `ready()`:

on_right_lost(Right.MANAGE_SEATS, lock=lock_what_it_gave, end=end_what_it_gave)
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from accounts.members.models import CustomerAccount
from accounts.members.rights import Right
from common.registry import Registry, qualified_name

# Takes, before the account's lock, the locks that stand before it in the order of locks.
Lock = Callable[[CustomerAccount, Collection[int]], None]
# Ends what the right gave these people in the account, in the transaction that takes the right away.
End = Callable[[CustomerAccount, Collection[int], datetime], None]


@dataclass(frozen=True)
class Follower:
    right: Right
    lock: Lock
    end: End


FOLLOWERS: Registry[Follower] = Registry("follower of a lost right")


def on_right_lost(right: Right, *, lock: Lock, end: End) -> None:
    """Register what follows the loss of a right; registering twice counts once."""
    FOLLOWERS.register(qualified_name(end), Follower(right, lock, end))


def lock_what_rights_gave(*, account: CustomerAccount, user_ids: Collection[int], rights: Collection[Right]) -> None:
    """Lock what `end_what_rights_gave` will end; call it before the account is locked."""
    for follower in FOLLOWERS:
        if user_ids and follower.right in rights:
            follower.lock(account, user_ids)


def end_what_rights_gave(
    *, account: CustomerAccount, user_ids: Collection[int], rights: Collection[Right], now: datetime
) -> None:
    """End what some rights gave people in an account, once their memberships no longer grant them.

    An error of a follower is raised: then nobody loses anything.
    """
    for follower in FOLLOWERS:
        if user_ids and follower.right in rights:
            follower.end(account, user_ids, now)
