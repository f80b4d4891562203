"""Taking back of extensions: those of some units end, every other ground stays."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Sequence
from typing import TypeVar

from django.db import transaction
from django.db.models import QuerySet

from enrolments.courses.places.services import lock_courses
from enrolments.extension.models import SeatExtension
from enrolments.extension.services import derive_validity
from enrolments.grounds.enrol_line import end_line_grounds
from enrolments.grounds.models import Ground
from enrolments.seats.models import Seat
from enrolments.seats.moves import with_locked_seats

Row = TypeVar("Row", Ground, SeatExtension)


def take_back(*, line_id: int, units: Sequence[range], reason: str, now: datetime.datetime) -> int:
    """End the extensions by some units of a line; return their number. Every other ground and extension stays.

    Units of one line that picked the same target follow each other; those that stay move up, so that exactly as many
    days are taken off as were given back. Days that a seat keeps for its next person are taken off it. A seat assigned
    since stays with its person, a free one whose validity is over by this expires as any other. Locks the courses
    concerned, what was bought for seats, then the seats. A constant number of statements.
    """
    gone = {index for run in units for index in run}
    grounds = Ground.objects.live().filter(line_id=line_id, kind=Ground.Kind.LINE, unit_index__isnull=False)
    extensions = SeatExtension.objects.live().filter(line_id=line_id)
    with transaction.atomic(savepoint=False):
        of_people = grounds.order_by().values_list("enrolment__course_id", flat=True)
        of_seats = extensions.order_by().filter(seat__course__isnull=False).values_list("seat__course_id", flat=True)
        lock_courses(of_people.union(of_seats))

        kept = _stop_keeping(extensions.of_access(), gone, reason, now)

        def shorten(seats: list[Seat]) -> int:
            rows = list(extensions.of_validity().order_by("starts_at", "pk"))
            _move_up(SeatExtension, rows, gone, by="seat_id")
            ending = [row.pk for row in rows if row.unit_index in gone]
            SeatExtension.objects.filter(pk__in=ending).update(ended_at=now, ended_reason=reason)
            derive_validity([seat.pk for seat in seats])
            return len(ending)

        of_validity = Seat.objects.filter(pk__in=extensions.of_validity().values("seat"))
        ended = with_locked_seats(of_validity, shorten)
        rows = list(grounds.order_by("starts_at", "pk"))
        _move_up(Ground, rows, gone, by="enrolment_id")
        end_line_grounds(line_id=line_id, reason=reason, now=now, kinds=[Ground.Kind.LINE], units=units)
    return ended + len(kept | {row.unit_index for row in rows if row.unit_index in gone})


def _stop_keeping(
    extensions: QuerySet[SeatExtension], gone: Collection[int], reason: str, now: datetime.datetime
) -> set[int]:
    """End the extensions of access that seats keep; return their units.

    They are locked first: a seat is not given to somebody with days that were just taken back.
    """
    ending = [row for row in extensions.select_for_update(no_key=True).order_by("pk") if row.unit_index in gone]
    SeatExtension.objects.filter(pk__in=[row.pk for row in ending]).update(ended_at=now, ended_reason=reason)
    return {row.unit_index for row in ending}


def _move_up(model: type[Row], rows: Sequence[Row], gone: Collection[int], *, by: str) -> None:
    """Give the rows that stay the first periods of their target; `rows` are in the order of their periods."""
    targets: dict[int, list[Row]] = {}
    for row in rows:
        targets.setdefault(getattr(row, by), []).append(row)
    moved = []
    for of_target in targets.values():
        periods = [(row.starts_at, row.ends_at) for row in of_target]
        for row, period in zip((row for row in of_target if row.unit_index not in gone), periods, strict=False):
            if (row.starts_at, row.ends_at) != period:
                row.starts_at, row.ends_at = period
                moved.append(row)
    model._default_manager.bulk_update(moved, ["starts_at", "ends_at"])
