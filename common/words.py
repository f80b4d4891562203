"""Lazy texts, and moments as people say them.

A worker writes for a customer, a merchant and a sales team who may read different languages, so a text stays lazy until
somebody renders it: `gettext_lazy` for a fixed one, `in_words` for one with values (`gettext_lazy("…") % {…}` would be
translated at once, in the worker's language):

    in_words(lambda: ngettext("%(n)d seat", "%(n)d seats", n) % {"n": n})
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import cast

from django.utils.formats import date_format
from django.utils.functional import Promise, lazy
from django.utils.translation import pgettext

from common.moments import day_ends, day_starts, in_shop_zone, local_day

Text = str | Promise


def in_words(say: Callable[[], str]) -> Promise:
    """A text made by `say` each time it is read, in the language and time zone active then."""
    return cast("Promise", lazy(say, str)())  # its types know the text alone, not the proxy of it


def paragraphs(*texts: Text) -> Text:
    """The texts that are not empty, each on a line of its own, still lazy."""
    return in_words(lambda: "\n".join(said for said in (str(text) for text in texts) if said))


def sentences(*texts: Text) -> Text:
    """The texts that are not empty, one after the other in a paragraph, still lazy."""
    return in_words(lambda: " ".join(said for said in (str(text) for text in texts) if said))


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
    """A day and a time in the shop's zone: “March 2, 2026, 10:00”, “2 mars 2026 à 10:00”.

    Never Django's DATETIME_FORMAT, whose English “10 a.m.” makes a second full stop at the end of a sentence.
    """
    local = in_shop_zone(moment)
    return pgettext("a moment", "%(date)s, %(time)s") % {
        "date": date_format(local, "DATE_FORMAT"),
        "time": date_format(local, "H:i"),
    }
