"""Things of an account that wait for a hand, as its overview tells them. Upper floors add theirs in `ready()`:

add_waiting(Waiting("seats to fill", blank_seats, rights={Right.MANAGE_SEATS}, position=20))
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from accounts.members.models import Membership
from accounts.members.rights import Right, rights_of
from common.registry import Registry

# Things of one kind that the overview names one by one; a page of the kind lists them all.
AT_MOST = 5


@dataclass(frozen=True)
class Waits:
    """One thing that waits: a sentence, and the page where it is dealt with, by its name."""

    text: str
    url: str
    action: str
    is_wrong: bool = False


@dataclass(frozen=True)
class Waiting:
    """Kind of things that wait in an account, told to members with one of `rights` by a constant number of queries."""

    name: str
    find: Callable[[Membership, datetime], Sequence[Waits]]
    rights: Collection[Right] = field(default_factory=frozenset)
    position: int = 50


KINDS: Registry[Waiting] = Registry("kind of things that wait")


def add_waiting(kind: Waiting) -> None:
    KINDS.register(kind.name, kind)


def waiting_for(membership: Membership, *, now: datetime) -> list[Waits]:
    """List what waits for a member in the account, the most pressing kind first."""
    rights = rights_of(membership)
    kinds = [kind for kind in KINDS if not rights.isdisjoint(kind.rights)]
    return [found for kind in sorted(kinds, key=lambda kind: kind.position) for found in kind.find(membership, now)]
