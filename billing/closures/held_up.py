"""Days of the books that should be closed by rule and are not: how many, and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings

from billing.closures.services import DAY, FACTS_MISSING, EntriesUnsealed, FactsMissing, first_open_day
from billing.closures.sums import count_of_day
from common.moments import local_day
from common.refusals import Refused


@dataclass(frozen=True)
class HeldUp:
    """Number of days that wait to be closed, and the first of them."""

    days: int
    first: date


def due_through(now: datetime) -> date:
    """Return the day up to which the books are closed by rule."""
    return local_day(now) - timedelta(days=settings.BOOKS_CLOSE_AFTER_DAYS)


def days_held_up(*, now: datetime) -> HeldUp | None:
    """Return the days that have been due for more than a day, in which beat has tried again and again; None where there
    are none. Two queries."""
    first, last = first_open_day(), due_through(now) - DAY
    return None if first is None or first > last else HeldUp((last - first).days + 1, first)


def reason_of(held: HeldUp) -> Refused | None:
    """Return what refuses to close the first of the days; None where nothing does any more."""
    if any(is_missing() for is_missing in FACTS_MISSING):
        return FactsMissing()
    counted = count_of_day(held.first)
    return EntriesUnsealed() if counted.sealed != counted.entries else None
