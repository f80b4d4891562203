"""Extension of seats and enrolments by the units of an order line, and the way back.

Each unit is a ground of its own: of the enrolment, by the order line; of a free seat's validity, a `SeatExtension`.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from common.refusals import Refused
from enrolments.courses.models import Course
from enrolments.courses.places.services import claim_in, refuse_overfull, release_hold
from enrolments.extension.mails import tell_extended
from enrolments.extension.models import SeatExtension
from enrolments.extension.on_seats import seats_lengthened
from enrolments.extension.periods import Extension, plan
from enrolments.extension.targets import KEY, find_targets
from enrolments.grounds.enrol import NewGround, put_grounds
from enrolments.grounds.models import Ground
from enrolments.seats.batches.models import SeatBatch
from enrolments.seats.models import Seat, SeatState
from enrolments.seats.moves import SeatsRaced, move_locked_seats
from enrolments.seats.reasons import SeatReason
from enrolments.unit_rows import row_of
from enrolments.values import LineRef


class NothingToExtend(Refused):
    """Refusal when a unit's seat or enrolment is not, or no longer, one of the account's."""

    message = _("This is no longer among the seats and enrolments of your account.")

    def __init__(self, unit_index: int) -> None:
        super().__init__()
        self.unit_index = unit_index


class NothingGained(Refused):
    """Refusal when an extension would add nothing: there is no end, or the course is over before."""

    message = _("Nothing would be gained: it has no end, or the course ends before.")

    def __init__(self, unit_index: int) -> None:
        super().__init__()
        self.unit_index = unit_index


@dataclass(frozen=True, slots=True)
class Extended:
    """Result of `extend`: the numbers of enrolments and seats that are longer now."""

    enrolments: int
    seats: int


def planned(keys: Mapping[int, str], *, account_id: int, days: int, now: datetime.datetime) -> list[Extension]:
    """Return the extensions of units by the keys of their targets. Raises NothingToExtend and NothingGained at the
    first unit. Three statements."""
    found = find_targets(keys.values(), account_ids=[account_id])
    missing = [index for index, key in sorted(keys.items()) if key not in found]
    if missing:
        raise NothingToExtend(missing[0])
    extensions = plan({index: found[key] for index, key in keys.items()}, days=days, now=now)
    for each in extensions:
        if each.period is None:
            raise NothingGained(each.unit_index)
    return extensions


def places_needed(extensions: Iterable[Extension]) -> dict[Course, int]:
    """Return how many places extensions take: those of expired seats of sessions, which have given theirs back.

    People whose access is over keep their place until their last ground is released or revoked, so they need none.
    """
    seats: dict[Course, set[int]] = {}
    for each in extensions:
        seat = each.target.seat
        if seat is not None and seat.course is not None and _comes_back_with_a_place(seat):
            seats.setdefault(seat.course, set()).add(seat.pk)
    return {course: len(of_course) for course, of_course in seats.items()}


def _comes_back_with_a_place(seat: Seat) -> bool:
    return seat.state == SeatState.EXPIRED and seat.batch.source == SeatBatch.Source.SESSION


def extend(
    *, line: LineRef, keys: Mapping[int, str], days: int, courses: Collection[Course], now: datetime.datetime
) -> Extended:
    """Extend the target of each unit by days, from its end, or from now where that is past; give back the line's holds.

    `keys` are those of targets by the index of their unit, `courses` those that the caller has locked. A free seat gets
    a validity of its own, an expired one is available again; a person's enrolment gets a ground of the line for each
    unit, in the group where the person is, which goes with their seat (`on_seats`). Units extended already are left
    alone, so a second call changes nothing. People are mailed how long their courses are open to them now.

    Locks the seats by key. Raises NothingToExtend, NothingGained, CourseFull; and SeatsRaced where a target has just
    gone into a course that is not locked. The caller's transaction is then to be rolled back. The number of statements
    depends on the number of courses, not of units.
    """
    with transaction.atomic(savepoint=False):
        done = _units_done(line.line_id)
        wanted = {index: key for index, key in keys.items() if index not in done}
        if not wanted:
            return Extended(0, 0)
        _lock_seats(wanted.values(), line.account_id)
        extensions = planned(wanted, account_id=line.account_id, days=days, now=now)
        locked = {course.pk: course for course in courses}
        touched = {each.target.course for each in extensions if each.target.course is not None}
        if not {course.pk for course in touched} <= locked.keys():
            raise SeatsRaced("A seat has just gone into another course.")
        claim = claim_in([course.pk for course in touched], now=now, account_id=line.account_id)
        release_hold(line_id=line.line_id, now=now)
        of_seats = [each for each in extensions if each.target.seat is not None]
        _extend_seats(line, of_seats, now)
        of_people = [each for each in extensions if each.target.ground is not None]
        for course in sorted(touched, key=lambda course: course.pk):
            of_course = [each for each in of_people if each.target.course == course]
            if of_course:
                put_grounds(course=course, grounds=list(_new_grounds(line, of_course)), now=now)
        _keep_on_seats(line, of_people, days, now)
        refuse_overfull((locked[course.pk] for course in touched), claim)
        if of_people:
            tell_extended(line=line, extensions=of_people, now=now)
    return Extended(
        enrolments=len({each.target.identity for each in of_people}),
        seats=len({each.target.identity for each in of_seats}),
    )


def _units_done(line_id: int) -> set[int]:
    grounds = Ground.objects.filter(line_id=line_id, kind=Ground.Kind.LINE, unit_index__isnull=False)
    seats = SeatExtension.objects.filter(line_id=line_id).order_by()
    found = grounds.order_by().values_list("unit_index").union(seats.values_list("unit_index"))
    return {index for (index,) in found if index is not None}


def _lock_seats(keys: Iterable[str], account_id: int) -> None:
    ids = {int(match[2]) for key in keys if (match := KEY.fullmatch(key)) and match[1] == "seat"}
    seats = Seat.objects.filter(pk__in=ids, account=account_id).select_for_update(no_key=True).order_by("pk")
    if ids:
        list(seats.values_list("pk"))


def _new_grounds(line: LineRef, extensions: Iterable[Extension]) -> Iterable[NewGround]:
    for each in extensions:
        ground = each.target.ground
        assert ground is not None
        assert each.period is not None
        yield NewGround(
            user_id=ground.enrolment.user_id,
            role_id=ground.enrolment.role_id,
            kind=Ground.Kind.LINE,
            period=each.period,
            account_id=line.account_id,
            order_id=line.order_id,
            order_number=line.order_number,
            line_id=line.line_id,
            unit_index=each.unit_index,
            unit_id=row_of(line.line_id, each.unit_index),
            group_id=ground.group_id,
        )


def _keep_on_seats(line: LineRef, extensions: Sequence[Extension], days: int, now: datetime.datetime) -> None:
    """Let the seats of extended people keep what was bought, for whoever has them next (`on_seats`)."""
    seats = seats_lengthened({each.target.ground for each in extensions if each.target.ground is not None})
    SeatExtension.objects.bulk_create(
        SeatExtension(
            seat_id=seats[each.target.ground.pk],
            order_id=line.order_id,
            order_number=line.order_number,
            line_id=line.line_id,
            unit_index=each.unit_index,
            days=days,
            created_at=now,
        )
        for each in extensions
        if each.target.ground is not None and each.target.ground.pk in seats
    )


def _extend_seats(line: LineRef, extensions: Sequence[Extension], now: datetime.datetime) -> None:
    """Write the extensions of locked seats, and their validity; bring expired ones back."""
    seats = {each.target.seat.pk: each.target.seat for each in extensions if each.target.seat is not None}
    if not seats:
        return
    SeatExtension.objects.bulk_create(
        SeatExtension(
            seat=each.target.seat,
            order_id=line.order_id,
            order_number=line.order_number,
            line_id=line.line_id,
            unit_index=each.unit_index,
            starts_at=each.period.starts_at,
            ends_at=each.period.ends_at,
            created_at=now,
        )
        for each in extensions
        if each.period is not None and each.period.ends_at is not None
    )
    derive_validity(seats)
    expired = [seat for seat in seats.values() if seat.state == SeatState.EXPIRED]
    with_place = [seat for seat in expired if _comes_back_with_a_place(seat)]
    for back, keeps_place in ((with_place, True), ([seat for seat in expired if seat not in with_place], False)):
        move_locked_seats(
            seats=back,
            to_state=SeatState.AVAILABLE,
            changes={"keeps_place": keeps_place},
            actor=None,
            reason=SeatReason.EXTENDED,
            now=now,
        )


DERIVE_VALIDITY = """
UPDATE enrolments_seat seat
SET valid_until = (
    SELECT max(ends_at) FROM enrolments_seatextension WHERE seat_id = seat.id AND ended_at IS NULL
)
WHERE id = ANY(%s)
"""


def derive_validity(seat_ids: Collection[int]) -> None:
    """Bring the own validity of locked seats in line with their live extensions: none without any."""
    with connection.cursor() as cursor:
        cursor.execute(DERIVE_VALIDITY, [sorted(seat_ids)])
