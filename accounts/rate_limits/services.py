"""Rate limits of acts that cost others something: opening links, placing orders, having mails sent.

RATE_LIMITS sets the rates, in django-allauth's notation. Attempts are counted in Postgres, so the counts hold for all
web processes, survive Redis, and cannot be pushed out of a cache; acts that leave rows of their own are counted by
those rows. django-allauth limits its own pages (signing in, codes, resets, sign-up): ACCOUNT_RATE_LIMITS.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from allauth.core.internal.ratelimit import parse_rates
from django.conf import settings
from django.db import connection
from django.db.models import QuerySet
from django.utils.crypto import salted_hmac
from django.utils.translation import ngettext

from accounts.rate_limits.models import Attempts
from accounts.security_log.kinds import Kind
from accounts.security_log.services import mark_of, record
from common.refusals import Refused
from common.words import in_words

# Longer than any limit looks back.
KEPT_FOR = timedelta(days=settings.RETENTION["attempts"])


@dataclass(frozen=True)
class Rate:
    """A number of times within a number of seconds, counted from the first time."""

    times: int
    seconds: int

    @property
    def window(self) -> timedelta:
        return timedelta(seconds=self.seconds)


@dataclass(frozen=True)
class UsedUp:
    """A rate that allows nothing more now: the last time, and the next time allowed."""

    rate: Rate
    last_at: datetime
    again_at: datetime


class TooOften(Refused):
    """Something was done more often than its rates allow. `seconds` is the longest that the person may have to wait."""

    def __init__(self, what: str, seconds: int) -> None:
        super().__init__(in_words(lambda: _wait(seconds)))
        self.what = what
        self.seconds = seconds


def rates_of(what: str) -> tuple[Rate, ...]:
    """Return the rates of something, from the settings; none where the settings do not limit it."""
    return _parsed(settings.RATE_LIMITS.get(what, ""))


@cache
def _parsed(rates: str) -> tuple[Rate, ...]:
    return tuple(Rate(rate.amount, int(rate.duration)) for rate in parse_rates(rates))


def count_attempt(*, what: str, who: str, now: datetime, room: int = 1) -> None:
    """Count one more attempt; raise TooOften when it exceeds a rate, or `room` times the rate.

    `who` is the network, user or address that the limit is about; `who` is stored as a keyed hash. Call outside of a
    transaction that may be rolled back: refused attempts count as well. Count a guess before comparing it, or many at
    once would all be compared. The first refused one goes into the security log. One statement for each rate.
    """
    for rate in rates_of(what):
        count, most = _counted(_key(what, who, rate), rate, now), rate.times * room
        if count == most + 1:
            details = {"limit": what.replace(" ", "_"), "who": mark_of(who)}
            record(Kind.LOCKED_OUT, now=now, details=details)
        if count > most:
            raise TooOften(what, rate.seconds)


def is_used_up(*, what: str, who: str, now: datetime, room: int = 1) -> bool:
    """Tell whether one more attempt would exceed a rate, or `room` times the rate. Counts nothing."""
    return any(
        Attempts.objects.filter(
            pk=_key(what, who, rate), since__gt=now - rate.window, count__gte=rate.times * room
        ).exists()
        for rate in rates_of(what)
    )


def find_used_up(*, what: str, rows: QuerySet[Any], at: str, now: datetime) -> UsedUp | None:
    """Return the rate that the rows left by an act use up, None while one more is allowed.

    `rows` are those of the person, account or address under the limit, `at` is the name of their time column. The
    caller holds the lock under which the rows are written, so that two transactions at once do not both find room. One
    statement for each rate.
    """
    for rate in rates_of(what):
        lately = rows.filter(**{f"{at}__gt": now - rate.window}).order_by(f"-{at}").values_list(at, flat=True)
        moments = list(lately[: rate.times])
        if len(moments) == rate.times:
            return UsedUp(rate, last_at=moments[0], again_at=moments[-1] + rate.window)
    return None


def find_each_used_up(*, what: str, rows: QuerySet[Any], by: str, at: str, now: datetime) -> dict[Any, UsedUp]:
    """Like `find_used_up`, of many at once: the rates used up, by the value of the column `by`."""
    used_up: dict[Any, UsedUp] = {}
    for rate in rates_of(what):
        lately: dict[Any, list[datetime]] = {}
        found = rows.filter(**{f"{at}__gt": now - rate.window}).order_by(f"-{at}").values_list(by, at)
        for who, moment in found:
            lately.setdefault(who, []).append(moment)
        for who, moments in lately.items():
            if len(moments) >= rate.times and who not in used_up:
                used_up[who] = UsedUp(rate, last_at=moments[0], again_at=moments[rate.times - 1] + rate.window)
    return used_up


def _wait(seconds: int) -> str:
    """Say how long to wait, in the words of the page for too many attempts."""
    minutes = math.ceil(seconds / 60)
    if minutes < 60:
        return ngettext(
            "Please wait a minute and try again.", "Please wait %(minutes)s minutes and try again.", minutes
        ) % {"minutes": minutes}
    hours = math.ceil(seconds / 3600)
    return ngettext("Please wait an hour and try again.", "Please wait %(hours)s hours and try again.", hours) % {
        "hours": hours
    }


def _key(what: str, who: str, rate: Rate) -> str:
    return salted_hmac("accounts.attempts", f"{what}\0{rate.seconds}\0{who}", algorithm="sha256").hexdigest()


def _counted(key: str, rate: Rate, now: datetime) -> int:
    """Add one to a count, or begin the count anew where its time is over; exact under any number of simultaneous
    calls."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO accounts_attempts AS counted (key, since, count) VALUES (%(key)s, %(now)s, 1)
            ON CONFLICT (key) DO UPDATE SET
                since = CASE WHEN counted.since <= %(over)s THEN excluded.since ELSE counted.since END,
                count = CASE WHEN counted.since <= %(over)s THEN 1 ELSE counted.count + 1 END
            RETURNING count
            """,
            {"key": key, "now": now, "over": now - rate.window},
        )
        return cursor.fetchone()[0]
