"""Moments made of days: a date without time starts at 00:00 and ends at 24:00 in the shop's own time zone."""

import calendar
import datetime

from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime


def day_starts(day: datetime.date) -> datetime.datetime:
    """Return the moment a day begins in the shop's time zone. In UTC, like every moment here: Python subtracts two
    moments of one zone by their clocks, and is wrong by an hour on two days of the year."""
    midnight = datetime.datetime.combine(day, datetime.time.min, tzinfo=timezone.get_default_timezone())
    return midnight.astimezone(datetime.UTC)


def day_ends(day: datetime.date) -> datetime.datetime:
    """Return the moment a day is over, 24:00: the first moment that does not belong to the day."""
    return day_starts(day + datetime.timedelta(days=1))


def local_day(moment: datetime.datetime) -> datetime.date:
    """Return the shop's calendar day of a moment."""
    return in_shop_zone(moment).date()


def in_shop_zone(moment: datetime.datetime) -> datetime.datetime:
    """Return a moment in the shop's zone, whatever zone is active."""
    return timezone.localtime(moment, timezone.get_default_timezone())


def days_later(moment: datetime.datetime, days: int) -> datetime.datetime:
    """Return the moment with an equal time of day, that many calendar days later: a week stays a week when summer time
    begins."""
    wall_clock = in_shop_zone(moment).replace(tzinfo=None) + datetime.timedelta(days=days)
    return wall_clock.replace(tzinfo=timezone.get_default_timezone()).astimezone(datetime.UTC)


def months_later(day: datetime.date, months: int) -> datetime.date:
    """Return the day of that number, that many months later; the last day of a month that is too short. Postgres adds
    an interval of months in that way, too."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return datetime.date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def from_iso(text: str) -> datetime.date | datetime.datetime | None:
    """Return the day, or the moment in the shop's zone, that an ISO 8601 text stands for; None for any other text.

    A moment without zone is left without.
    """
    try:
        read = parse_date(text) if len(text) == len("2000-01-01") else parse_datetime(text)
    except ValueError:
        return None
    return in_shop_zone(read) if isinstance(read, datetime.datetime) and timezone.is_aware(read) else read
