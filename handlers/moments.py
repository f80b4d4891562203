"""Dates of internal parameters: read from every spelling that shops have used, kept in one form.

A moment is typed as a date, as a date with a time, as ISO 8601, or as seconds since 1970-01-01 UTC. It is kept as ISO
8601: a plain date when it is a whole day, else a time with its offset. A plain date starts at 00:00 and ends at 24:00
in the shop's zone, so an end "2026-03-31" and the seconds of 1 April, 00:00, are the same moment.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from enum import Enum

from django.utils import timezone

from common.moments import day_ends, day_starts

# Fewer digits are a year or a day, more are milliseconds.
_SECONDS = re.compile(r"[0-9]{9,10}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{8}")


class Edge(Enum):
    """Edge of the day that a date without time means."""

    START = "start"
    END = "end"


def read_moment(text: str, edge: Edge) -> datetime:
    """Return the moment given in seconds since 1970 (9 or 10 digits) or in ISO 8601, to the second, in UTC.

    Eight digits are a day in ISO's basic form, 20270331. Raises ``ValueError`` for anything else, or when it lies
    outside the years 1 to 9999.
    """
    text = text.strip()
    try:
        if _SECONDS.fullmatch(text):
            return checked(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=int(text)))
        if _DATE.fullmatch(text):
            return edge_of(date.fromisoformat(text), edge)
        moment = datetime.fromisoformat(text)
        if moment.microsecond:
            raise ValueError("moments are told to the second")
        return checked(timezone.make_aware(moment) if timezone.is_naive(moment) else moment)
    except OverflowError as error:
        raise ValueError(str(error)) from error


def is_seconds(text: str) -> bool:
    """Tell whether `read_moment` takes a text for seconds."""
    return _SECONDS.fullmatch(text) is not None


def edge_of(day: date, edge: Edge) -> datetime:
    """Return 00:00 of ``day`` in the shop's zone, or its 24:00, in UTC.

    Raises ``OverflowError`` outside the years 1 to 9999.
    """
    return checked(day_ends(day) if edge is Edge.END else day_starts(day))


def write_moment(moment: datetime, edge: Edge) -> str:
    """Return ISO 8601 as kept: a plain date for a whole day, else the time with its offset."""
    local = _in_shop_zone(moment)
    try:
        day = local.date() - timedelta(days=1) if edge is Edge.END else local.date()
        if edge_of(day, edge) == _in_utc(moment):
            return day.isoformat()
    except OverflowError:
        pass
    return local.isoformat()


def show_moment(moment: datetime, edge: Edge) -> str:
    """Return the moment as typed into a field: ``2026-03-31`` or ``2026-03-31 14:00:00`` in the shop's zone.

    In the hour that is repeated when clocks go back, with the offset, so that nothing is lost.
    """
    written = write_moment(moment, edge)
    if _DATE.fullmatch(written):
        return written
    local = _in_shop_zone(moment)
    shown = local.replace(tzinfo=None).isoformat(" ")
    return shown if read_moment(shown, edge) == _in_utc(moment) else local.isoformat(" ")


def seconds_of(moment: datetime) -> int:
    """Return seconds since 1970-01-01 UTC."""
    return int((moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds())


# Moments are compared in UTC only: two times of one zone compare by wall clock, which repeats an hour when clocks go
# back.


def _in_utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


def _in_shop_zone(moment: datetime) -> datetime:
    return moment.astimezone(timezone.get_default_timezone())


def checked(moment: datetime) -> datetime:
    """Return ``moment`` in UTC, if it can be told in the shop's zone as well. Raises ``OverflowError``."""
    _in_shop_zone(moment)
    return _in_utc(moment)
