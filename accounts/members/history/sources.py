"""The history of an account, put together from rows that are kept anyway. Upper floors add theirs in `ready()`:

add_source(Source("seats", moves_of_seats, position=20))
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import pgettext

from accounts.members.history.models import MemberEvent
from accounts.members.models import CustomerAccount, Membership
from accounts.people.models import User
from common.registry import Registry

# Above every key of a row.
LAST_KEY = 2**63 - 1


@dataclass(frozen=True)
class Deed:
    """An act, as the history shows it. `key` orders the acts of one source and moment; `url` leads to the thing."""

    at: datetime
    key: int
    actor_id: int | None
    text: str
    url: str = ""


@dataclass(frozen=True)
class Asked:
    """Part of the history that is asked for: at most `limit` acts before (`at`, `key`), None for the newest; of one
    person with `actor_id`."""

    limit: int
    at: datetime | None = None
    key: int = LAST_KEY
    actor_id: int | None = None


@dataclass(frozen=True)
class Source:
    """Rows of one kind. `find` returns the newest deeds first, by (`at`, `key`), in a constant number of statements."""

    name: str
    find: Callable[[CustomerAccount, Asked], Sequence[Deed]]
    position: int


SOURCES: Registry[Source] = Registry("source of an account's history")


def add_source(source: Source) -> None:
    SOURCES.register(source.name, source)


@dataclass(frozen=True)
class Cursor:
    """Place in the history, behind an act of the source at `position`."""

    at: datetime
    position: int
    key: int

    def __str__(self) -> str:
        return f"{self.at.isoformat()}_{self.position}_{self.key}"

    @classmethod
    def read(cls, text: str) -> Cursor | None:
        """Return the place that an address names; None for a text that names none."""
        at, _line, rest = text.partition("_")
        position, _line, key = rest.partition("_")
        if not (position.isascii() and position.isdigit() and key.isascii() and key.isdigit() and len(rest) < 30):
            return None
        try:
            moment = datetime.fromisoformat(at)
        except ValueError:
            return None
        return cls(moment, int(position), min(int(key), LAST_KEY)) if moment.tzinfo is not None else None


@dataclass(frozen=True)
class HistoryPage:
    """Page of an account's history, newest first; `older` is where the next page begins, None on the last."""

    deeds: list[Deed]
    older: Cursor | None


def history_of(
    account: CustomerAccount, *, size: int, behind: Cursor | None = None, actor_id: int | None = None
) -> HistoryPage:
    """Return one page of what was done in an account, quick at the end of a long history too."""
    found = [
        (deed.at, -source.position, deed.key, deed)
        for source in SOURCES
        for deed in source.find(account, _asked_of(source, behind, size + 1, actor_id))
    ]
    found.sort(key=lambda each: each[:3], reverse=True)
    page = found[:size]
    older = Cursor(page[-1][0], -page[-1][1], page[-1][2]) if len(found) > size else None
    return HistoryPage([deed for *_order, deed in page], older)


def _asked_of(source: Source, behind: Cursor | None, limit: int, actor_id: int | None) -> Asked:
    if behind is None:
        return Asked(limit, actor_id=actor_id)
    # Of acts at one moment, those of a source with a smaller position come first.
    key = behind.key
    if source.position != behind.position:
        key = LAST_KEY if source.position > behind.position else 0
    return Asked(limit, behind.at, key, actor_id)


def names_of(account: CustomerAccount, user_ids: Collection[int | None]) -> Mapping[int | None, str]:
    """Return the names of people who acted in an account: those of its members, present or former.

    The merchant's people appear as the shop, and so does an act of nobody. Two statements.
    """
    ids = {user_id for user_id in user_ids if user_id is not None}
    members = set(Membership.objects.filter(account=account, user__in=ids).values_list("user", flat=True))
    once = MemberEvent.objects.filter(account=account, person__in=ids - members).order_by()
    known = members.union(once.values_list("person", flat=True).distinct()) if ids - members else members
    names: dict[int | None, str] = {None: pgettext("who acted", "The shop")}
    for user in User.objects.filter(pk__in=ids):
        if user.pk in known:
            names[user.pk] = user.get_full_name()
        elif user.is_staff:
            names[user.pk] = names[None]
        else:
            names[user.pk] = pgettext("who acted", "A former member")
    return names
