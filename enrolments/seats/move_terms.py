"""Terms on which an account moves people who have not begun: until how many days before the course that they leave."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

from django.utils.formats import date_format
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from common.moments import local_day
from common.refusals import Refused
from common.words import in_words
from enrolments.seats.batches.models import SeatBatch

if TYPE_CHECKING:
    from enrolments.seats.models import Seat


class MovedTooLate(Refused):
    """Refusal of a move after the last day that the seat was sold with; the shop may lift the limit."""

    def __init__(self, day: datetime.date) -> None:
        sentence = _("This person could be moved until {day}. Ask the shop if they cannot come.")
        super().__init__(format_lazy(sentence, day=in_words(lambda: date_format(day))))
        self.day = day


def movable_in_words(days: int | None) -> str:
    """Return the terms as a sentence in the reader's language, given the days before the course; "" without a limit."""
    if days is None:
        return ""
    return ngettext(
        "People who have not begun can be moved until %(n)d day before their course begins.",
        "People who have not begun can be moved until %(n)d days before their course begins.",
        days,
    ) % {"n": days}


def last_day_to_move(seat: Seat) -> datetime.date | None:
    """Return the last day on which the account may move the person on a seat; None without such a limit, and for a
    course without a first day. Expects the seat with batch and course."""
    days, course = seat.batch.move_days_before, seat.course
    if days is None or course is None or course.first_day is None:
        return None
    return course.first_day - datetime.timedelta(days=days)


def too_late_to_move(seat: Seat, now: datetime.datetime) -> MovedTooLate | None:
    """Return the refusal to move the person on a seat, None if its terms allow it. Expects batch and course."""
    day = last_day_to_move(seat)
    return MovedTooLate(day) if day is not None and local_day(now) > day else None


class NoMoveLimit(Refused):
    """Refusal to lift a limit that is not there, or not any more."""

    message = _("People on these seats can be moved at any time already.")


def lift_move_limit(*, batch_id: int) -> None:
    """Let the account of a batch move its people until they begin. Raises NoMoveLimit, SeatBatch.DoesNotExist."""
    batch = SeatBatch.objects.get(pk=batch_id)
    if not SeatBatch.objects.filter(pk=batch.pk, move_days_before__isnull=False).update(move_days_before=None):
        raise NoMoveLimit
