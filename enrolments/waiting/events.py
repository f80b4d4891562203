"""Writing what became of places that accounts wait for; of a person nothing is written but their place itself."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from accounts.people.models import User
from enrolments.waiting.models import WaitingEvent, WaitingPlace

What = WaitingEvent.What


def note(
    what: What, places: Iterable[WaitingPlace], *, now: datetime, number: int | None = None, actor: User | None = None
) -> None:
    """Write one event for each account and course that have some of the places. One INSERT, or none.

    `number` is that of the places concerned, where it is not what is left of each.
    """
    counts: dict[tuple[int, int], int] = {}
    for place in places:
        if place.account_id is not None:
            key = place.account_id, place.course_id
            counts[key] = counts.get(key, 0) + (place.left if number is None else number)
    WaitingEvent.objects.bulk_create(
        WaitingEvent(account_id=account_id, course_id=course_id, at=now, actor=actor, what=what, places=count)
        for (account_id, course_id), count in sorted(counts.items())
    )
