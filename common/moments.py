"""Days become moments: a date without time starts at 00:00 and ends at 24:00 in the shop's own time zone."""

import datetime

from django.utils import timezone


def day_starts(day: datetime.date) -> datetime.datetime:
    """The moment a day begins in the shop's time zone. In UTC, like every moment here: Python subtracts two moments of
    one zone by their clocks, and is wrong by an hour on two days of the year."""
    midnight = datetime.datetime.combine(day, datetime.time.min, tzinfo=timezone.get_default_timezone())
    return midnight.astimezone(datetime.UTC)


def day_ends(day: datetime.date) -> datetime.datetime:
    """The moment a day is over, 24:00: the first moment that does not belong to it."""
    return day_starts(day + datetime.timedelta(days=1))


def local_day(moment: datetime.datetime) -> datetime.date:
    """The shop's calendar day in which a moment lies."""
    return timezone.localtime(moment, timezone.get_default_timezone()).date()


def days_later(moment: datetime.datetime, days: int) -> datetime.datetime:
    """The same time of the clock so many calendar days later: a week stays a week when summer time begins."""
    zone = timezone.get_default_timezone()
    wall_clock = timezone.localtime(moment, zone).replace(tzinfo=None) + datetime.timedelta(days=days)
    return wall_clock.replace(tzinfo=zone).astimezone(datetime.UTC)
