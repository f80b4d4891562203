"""Seats whose people did not enter the course in time: free again while their validity runs, else expired."""

from __future__ import annotations

import datetime
from collections.abc import Collection

from common.again import again_after_deadlock
from enrolments.seats.lapse_mails import Lapsed, tell_operators
from enrolments.seats.models import Seat, SeatState
from enrolments.seats.moves import with_locked_seats
from enrolments.seats.reasons import SeatReason
from enrolments.seats.release import free_locked


@again_after_deadlock
def lapse_seats(*, now: datetime.datetime, only: Collection[int] | None = None, limit: int = 1000) -> int:
    """Take their people off seats that were not entered in time, at most `limit` of them; return their number.

    Before this has run nobody enters by such a seat either, and pages show it as it is now. Grounds, groups and places
    go as with a release; the people and the operators who assigned the seats are told by mail. `only` confines it to
    seats with these keys; frozen ones keep their people. All in one transaction, so a second run after a kill begins
    where the last one ended. Locks the courses, then the seats. A constant number of statements for each account.
    """
    due = Seat.objects.lapsed_at(now).thawed()
    if only is not None:
        due = due.filter(pk__in=only)
    chosen = list(due.order_by("pk").values_list("pk", flat=True)[:limit])
    if not chosen:
        return 0

    def lapse(seats: list[Seat]) -> int:
        lapsed = [Lapsed.of(seat) for seat in seats]
        over = {seat.pk for seat in seats if seat.state_at(now) == SeatState.EXPIRED}
        for to_state in (SeatState.AVAILABLE, SeatState.EXPIRED):
            freed = {seat.pk: seat for seat in seats if (seat.pk in over) == (to_state == SeatState.EXPIRED)}
            free_locked(freed, actor=None, now=now, reason=SeatReason.LAPSED, to_state=to_state)
        tell_operators(lapsed, over, now=now)
        return len(seats)

    return with_locked_seats(due.filter(pk__in=chosen).select_related("batch", "course", "account"), lapse)
