"""Parts of the account area's overview. Upper floors add theirs in their app's `ready()`:

PARTS.add(orders_that_wait)
add_card(Card("seats", seats_card, rights={Right.MANAGE_SEATS}, position=10))
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime

from django.http import HttpRequest

from accounts.members.models import Membership
from accounts.members.rights import Right, rights_of
from accounts.people.models import User
from common.registry import Registry

# Called with the request of a signed-in person. Returns the part as HTML, "" where there is nothing to show.
Part = Callable[[HttpRequest, User], str]

PARTS: Registry[Part] = Registry("part of the overview")


@dataclass(frozen=True)
class Card:
    """Panel of an account's overview, shown to members with one of `rights`; `draw` returns its HTML by a constant
    number of queries."""

    name: str
    draw: Callable[[Membership, datetime], str]
    rights: Collection[Right] = field(default_factory=frozenset)
    position: int = 50


CARDS: Registry[Card] = Registry("card of the overview")


def add_card(card: Card) -> None:
    CARDS.register(card.name, card)


def cards_for(membership: Membership, *, now: datetime) -> list[str]:
    """Draw the cards that a member may see, in their order."""
    rights = rights_of(membership)
    cards = [card for card in CARDS if not rights.isdisjoint(card.rights)]
    return [card.draw(membership, now) for card in sorted(cards, key=lambda card: card.position)]
