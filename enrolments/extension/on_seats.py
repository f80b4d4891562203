"""Extensions of access that seats keep: they go with the seat, from one person on it to the next.

A seat is released before its person has entered, so the days bought for it are still to be used. The person's grounds
of those units end with that of the seat; whoever gets the seat next gets new ones, after the seat's own period.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from common.moments import day_starts
from enrolments.courses.models import Course
from enrolments.extension.models import SeatExtension
from enrolments.extension.periods import lengthened
from enrolments.grounds.enrol import NewGround
from enrolments.grounds.models import Ground
from enrolments.unit_rows import row_of
from enrolments.values import Period

Kept = Mapping[int, Sequence[SeatExtension]]


@dataclass(frozen=True, slots=True)
class More:
    """Extension that a seat keeps, and the period that it gives to the next person on the seat."""

    extension: SeatExtension
    period: Period


def lock_kept(seat_ids: Collection[int]) -> Kept:
    """Lock the extensions of access that seats keep, and return them by the key of the seat. One statement.

    They are locked before the seats, by key, as who takes them back does: a seat is given to somebody with the days
    that stay, or the days are taken off that person too.
    """
    live = SeatExtension.objects.live().of_access().filter(seat__in=list(seat_ids))
    kept: dict[int, list[SeatExtension]] = {}
    for each in live.select_for_update(no_key=True).order_by("pk"):
        kept.setdefault(each.seat_id, []).append(each)
    return kept


def periods_of(
    kept: Sequence[SeatExtension], *, after: datetime.datetime | None, course: Course, now: datetime.datetime
) -> list[More]:
    """Return the periods that extensions add after the end of a seat's own period, one after the other.

    Those that gain nothing, where there is no end or the course is over before, are left out: the seat keeps them.
    """
    if course.first_day is not None:
        now = max(now, day_starts(course.first_day))
    found = []
    for each in kept:
        period = lengthened(after, course, days=each.days or 0, now=now)
        if period is not None:
            found.append(More(each, period))
            after = period.ends_at
    return found


def whole(period: Period, more: Sequence[More]) -> Period:
    """Return the period of a person on a seat, which people are told: the seat's own, and what extensions add.

    Where the seat's own was over before, only these count.
    """
    if not more:
        return period
    first, last = more[0].period, more[-1].period
    starts_at = period.starts_at if first.starts_at == period.ends_at else first.starts_at
    return Period(starts_at, last.ends_at, period.enter_before)


def grounds_of(more: Sequence[More], ground: NewGround) -> list[NewGround]:
    """Return the grounds that extensions add to that of the person on the seat."""
    return [
        replace(
            ground,
            kind=Ground.Kind.LINE,
            period=each.period,
            order_id=each.extension.order_id,
            order_number=each.extension.order_number,
            line_id=each.extension.line_id,
            unit_index=each.extension.unit_index,
            unit_id=row_of(each.extension.line_id, each.extension.unit_index),
            seat_id=None,
        )
        for each in more
    ]


def grounds_on(seat_ids: Collection[int]) -> list[int]:
    """Return the keys of the live grounds by which people have the extensions of their seats.

    Expects the locks of the courses. One statement, and one more where a seat was extended.
    """
    live = SeatExtension.objects.live().of_access().filter(seat__in=list(seat_ids)).order_by()
    units = set(live.values_list("line_id", "unit_index"))
    if not units:
        return []
    lines = {line_id for line_id, _unit in units}
    grounds = Ground.objects.live().filter(kind=Ground.Kind.LINE, line_id__in=lines, unit_index__isnull=False)
    found = grounds.order_by().values_list("pk", "line_id", "unit_index")
    return [pk for pk, line_id, unit_index in found if (line_id, unit_index) in units]


def seats_lengthened(grounds: Collection[Ground]) -> dict[int, int]:
    """Return the seats whose access some grounds are, or have lengthened, by the key of the ground.

    One statement, none without grounds of units.
    """
    seats = {ground.pk: ground.seat_id for ground in grounds if ground.seat_id is not None}
    of_units = {
        (ground.line_id, ground.unit_index): ground.pk
        for ground in grounds
        if ground.seat_id is None and ground.unit_index is not None
    }
    if of_units:
        live = SeatExtension.objects.live().of_access().filter(line_id__in={line_id for line_id, _unit in of_units})
        for seat_id, line_id, unit_index in live.order_by().values_list("seat", "line_id", "unit_index"):
            if (line_id, unit_index) in of_units:
                seats[of_units[line_id, unit_index]] = seat_id
    return seats
