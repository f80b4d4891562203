"""Telling the floors above that people were made or changed. Floors register followers in their app's `ready()`:

FOLLOWERS.add(person_changed)
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from enum import StrEnum

from common.registry import Registry


class PersonChange(StrEnum):
    MADE = "made"  # by another person, who named them
    RENAMED = "renamed"
    REPLACED = "replaced"  # another address, so perhaps somebody else


# Called with the change, the keys of the people and the key of the actor, in the transaction of the change.
Follower = Callable[[PersonChange, Collection[int], int | None], None]

FOLLOWERS: Registry[Follower] = Registry("follower of changes of people")


def tell_changed(change: PersonChange, user_ids: Collection[int], *, actor_id: int | None = None) -> None:
    """Call every follower; with nobody changed, none. An error of a follower is raised: the transaction is lost."""
    if user_ids:
        for follower in FOLLOWERS:
            follower(change, user_ids, actor_id)
