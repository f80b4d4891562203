"""Places offered from the waiting list, as the count of places knows them."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from django.db.models import F, Q

from enrolments.waiting.events import What, note
from enrolments.waiting.models import WaitingPlace

# Conditions on the course of the surrounding query, named `this` there.
WAITED_FOR_THIS = """
    EXISTS (SELECT FROM enrolments_waitingplace waits WHERE waits.course_id = this.id AND waits.state = 'waiting')
"""
OPEN_IN_THIS = """
    EXISTS (
        SELECT FROM enrolments_waitingplace waits
        WHERE waits.course_id = this.id AND waits.state IN ('waiting', 'offered')
    )
"""


@dataclass(frozen=True, slots=True)
class Waited:
    """Places taken in a course that has a waiting list; `has_queue` tells that some there have no offer yet."""

    taken: int
    has_queue: bool


@dataclass(frozen=True, slots=True)
class Claim:
    """Claim to places: those taken before the writes, by course with a waiting list, and whose offers count."""

    before: Mapping[int, Waited]
    now: datetime.datetime | None = None
    account_id: int | None = None
    user_ids: Collection[int] = ()


def use_offers(course_id: int, claim: Claim, places: int) -> int:
    """Use up so many places that were offered to those of a claim, people's own first; return how many were there.

    Expects the course's lock, under which alone offers change.
    """
    assert claim.now is not None  # as of every claim to a course with a waiting list
    used = 0
    for offer in _offers_to(course_id, claim, claim.now):
        number = min(offer.left, places - used)
        if not number:
            break
        offer.taken += number
        if not offer.left:
            offer.state, offer.ended_at = WaitingPlace.State.TAKEN, claim.now
        offer.save(update_fields=["taken", "state", "ended_at"])
        note(What.TAKEN, [offer], now=claim.now, number=number)
        used += number
    return used


def _offers_to(course_id: int, claim: Claim, now: datetime.datetime) -> list[WaitingPlace]:
    offers = WaitingPlace.objects.on_offer_at(now).filter(
        Q(person__in=claim.user_ids) | Q(account__isnull=False, account=claim.account_id),
        course=course_id,
    )
    return list(offers.order_by(F("person").asc(nulls_last=True), "offer_ends_at", "pk"))
