"""Expiry of seats that nobody assigned in time."""

from __future__ import annotations

import datetime

from common.again import again_after_deadlock
from enrolments.seats.models import Seat, SeatState
from enrolments.seats.moves import move_locked_seats, with_locked_seats
from enrolments.seats.reasons import SeatReason


@again_after_deadlock
def expire_seats(*, now: datetime.datetime, limit: int = 10_000) -> int:
    """Expire available seats whose validity is over, at most `limit` of them; return their number.

    Before this has run such a seat cannot be assigned either. A seat that a list keeps is left to that list. Locks the
    seats, after the courses of those that keep a place. A constant number of statements.
    """
    free = Seat.objects.thawed().filter(state=SeatState.AVAILABLE, people_list__isnull=True)
    # Chosen by two indexes, of batches and of seats with a validity of their own; then asked again under the locks.
    by_batch = free.filter(valid_until__isnull=True, batch__valid_until__lte=now).order_by("pk").values_list("pk")
    by_seat = free.filter(valid_until__lte=now).order_by("pk").values_list("pk")
    chosen = [pk for (pk,) in by_batch[:limit].union(by_seat[:limit])[:limit]]
    if not chosen:
        return 0

    def expire(seats: list[Seat]) -> int:
        move_locked_seats(
            seats=seats,
            to_state=SeatState.EXPIRED,
            changes={"keeps_place": False},
            actor=None,
            reason=SeatReason.EXPIRED,
            now=now,
        )
        return len(seats)

    return with_locked_seats(free.over_at(now).filter(pk__in=chosen), expire)
