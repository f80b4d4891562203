"""Weeks of a month as a page shows them, with what falls on each day."""

from __future__ import annotations

import calendar
import datetime
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.utils.formats import get_format

from enrolments.calendar.sessions import DatedSession

# A session of more days is shown on its first and its last alone.
ON_EACH_DAY_AT_MOST = 7
MONTH = re.compile(r"(?P<year>20[0-9]{2})-(?P<month>0[1-9]|1[0-2])")


@dataclass(slots=True)
class Falls:
    """Session on a day; `part` is "begins" or "ends" where it is not shown on each of its days."""

    session: DatedSession
    part: str = ""


@dataclass(slots=True)
class Day:
    date: datetime.date
    is_inside: bool
    is_today: bool
    falls: list[Falls] = field(default_factory=list)


def month_of(text: str, today: datetime.date) -> datetime.date:
    """Return the first day of a month written like 2026-12; this month for anything else."""
    asked = MONTH.fullmatch(text)
    return datetime.date(int(asked["year"]), int(asked["month"]), 1) if asked else today.replace(day=1)


def month_before(first: datetime.date) -> datetime.date:
    return (first - datetime.timedelta(days=1)).replace(day=1)


def month_after(first: datetime.date) -> datetime.date:
    return end_of_month(first) + datetime.timedelta(days=1)


def end_of_month(first: datetime.date) -> datetime.date:
    return first.replace(day=calendar.monthrange(first.year, first.month)[1])


def weeks_of(first: datetime.date, sessions: Sequence[DatedSession], today: datetime.date) -> list[list[Day]]:
    """Return the weeks of a month, each beginning on the day that is usual in the reader's language."""
    falls = _by_day(sessions)

    def made(date: datetime.date) -> Day:
        is_inside = date.month == first.month
        return Day(date, is_inside, date == today, falls[date] if is_inside else [])

    usual = calendar.Calendar((int(get_format("FIRST_DAY_OF_WEEK")) - 1) % 7)
    return [[made(date) for date in week] for week in usual.monthdatescalendar(first.year, first.month)]


def _by_day(sessions: Sequence[DatedSession]) -> defaultdict[datetime.date, list[Falls]]:
    falls: defaultdict[datetime.date, list[Falls]] = defaultdict(list)
    for session in sessions:
        days = session.days
        if days is None:
            continue
        count = (days.last - days.first).days + 1 if days.last else 0
        if 1 <= count <= ON_EACH_DAY_AT_MOST:
            for number in range(count):
                falls[days.first + datetime.timedelta(days=number)].append(Falls(session))
            continue
        falls[days.first].append(Falls(session, "begins"))
        if days.last:
            falls[days.last].append(Falls(session, "ends"))
    return falls
