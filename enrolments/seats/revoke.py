"""Revocation of seats: a refund, or a cancellation."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import ngettext

from accounts.people.models import User
from common.again import again_after_deadlock
from common.refusals import Refused
from common.words import in_words
from enrolments.grounds.ending import end_grounds
from enrolments.grounds.models import Ground
from enrolments.seats.models import Seat, SeatState
from enrolments.seats.moves import move_locked_seats, with_locked_seats
from enrolments.seats.release import NOBODY
from enrolments.unit_rows import of_units


class SeatsConsumed(Refused):
    """Refusal when people have begun on some of the seats: only the merchant's explicit yes revokes those."""

    def __init__(self, count: int) -> None:
        super().__init__(
            in_words(
                lambda: (
                    ngettext(
                        "%(count)d of these seats is used: its person has entered the course.",
                        "%(count)d of these seats are used: their people have entered the course.",
                        count,
                    )
                    % {"count": count}
                )
            )
        )
        self.count = count


@dataclass(frozen=True, slots=True)
class Revoked:
    """Result of a revocation: the number of seats revoked, and of seats of the line `left`, free or in use."""

    revoked: int
    left: int


@again_after_deadlock
def revoke_seats(
    *,
    line_id: int,
    units: Sequence[range] | None,
    actor: User | None,
    reason: str,
    now: datetime.datetime,
    consumed_too: bool = False,
) -> Revoked:
    """Revoke the seats of a line, or of some of its units, with the enrolments that stand on them alone.

    `units` are ranges of indexes. Expired seats are revoked too, so that no extension brings them back, and are not
    counted; a second call changes nothing. All or none: raises SeatsConsumed when one of them is used, unless
    `consumed_too`.

    Locks the courses concerned, then the seats. A constant number of statements.
    """
    of_line = Seat.objects.filter(batch__line_id=line_id)
    alive = of_line.filter(state__in=(SeatState.AVAILABLE, SeatState.ASSIGNED, SeatState.CONSUMED))
    standing = of_line.exclude(state=SeatState.REVOKED)
    wanted = standing if units is None else standing.filter(of_units(line_id, units))

    def revoke(seats: list[Seat]) -> Revoked:
        consumed = sum(seat.state == SeatState.CONSUMED for seat in seats)
        if consumed and not consumed_too:
            raise SeatsConsumed(consumed)
        move_locked_seats(
            seats=seats,
            to_state=SeatState.REVOKED,
            changes={**NOBODY, "consumed_at": None, "keeps_place": False, "people_list": None},
            actor=actor,
            reason=reason,
            now=now,
        )
        taken_off = [seat.pk for seat in seats if seat.person_id is not None]
        if taken_off:
            end_grounds(grounds=Ground.objects.filter(seat_id__in=taken_off), reason=reason, now=now)
        revoked = sum(seat.state != SeatState.EXPIRED for seat in seats)
        return Revoked(revoked=revoked, left=alive.count())

    return with_locked_seats(wanted, revoke)
