"""Texts with values in them: lazy ones, and moments as people say them."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import cast

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise, lazy
from django.utils.translation import pgettext

from common.moments import day_ends, day_starts, local_day


def in_words(say: Callable[[], str]) -> Promise:
    """A text made by `say` each time it is read, in the language and time zone active then."""
    return cast("Promise", lazy(say, str)())  # its types know the text alone, not the proxy of it


def start_in_words(moment: datetime.datetime) -> str:
    """A beginning as people say it: the day alone where it begins with the day."""
    day = local_day(moment)
    return date_format(day, "DATE_FORMAT") if day_starts(day) == moment else moment_in_words(moment)


def end_in_words(moment: datetime.datetime) -> str:
    """An end as people say it: 24:00 of a day is that day, not the first minute of the next one."""
    day = last_day_of(moment)
    return date_format(day, "DATE_FORMAT") if day_ends(day) == moment else moment_in_words(moment)


def last_day_of(end: datetime.datetime) -> datetime.date:
    """The last day that belongs to a period with this end."""
    return local_day(end - datetime.timedelta(microseconds=1))


def moment_in_words(moment: datetime.datetime) -> str:
    """A day and a time in the shop's zone."""
    local = timezone.localtime(moment, timezone.get_default_timezone())
    return pgettext("a moment", "%(date)s, %(time)s") % {
        "date": date_format(local, "DATE_FORMAT"),
        "time": date_format(local, "H:i"),
    }
