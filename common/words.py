"""Lazy texts, and moments in words.

A worker writes for a customer, a merchant and a sales team who may read different languages, so a text stays lazy until
it is rendered: `gettext_lazy` for a fixed one, `in_words` for one with values (`gettext_lazy("…") % {…}` would be
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


def _say(say: Callable[[], str]) -> str:
    return say()


# Made once: Django makes a class for each function that becomes lazy.
_said = lazy(_say, str)


def in_words(say: Callable[[], str]) -> Promise:
    """Return a text made by `say` each time it is read, in the language and time zone active then."""
    return cast("Promise", _said(say))  # lazy's types name the text alone, not its proxy


def paragraphs(*texts: Text) -> Text:
    """Join the texts that are not empty, each on a line of its own, still lazy."""
    return in_words(lambda: "\n".join(said for said in (str(text) for text in texts) if said))


def sentences(*texts: Text) -> Text:
    """Join the texts that are not empty in one paragraph, still lazy."""
    return in_words(lambda: " ".join(said for said in (str(text) for text in texts) if said))


def start_in_words(moment: datetime.datetime) -> str:
    """Write a beginning in words: the day alone where it begins at 00:00."""
    day = local_day(moment)
    return date_format(day, "DATE_FORMAT") if day_starts(day) == moment else moment_in_words(moment)


def end_in_words(moment: datetime.datetime) -> str:
    """Write an end in words: 24:00 of a day is that day, not the first minute of the next one."""
    day = last_day_of(moment)
    return date_format(day, "DATE_FORMAT") if day_ends(day) == moment else moment_in_words(moment)


def last_day_of(end: datetime.datetime) -> datetime.date:
    """Return the last day that belongs to a period with this end."""
    return local_day(end - datetime.timedelta(microseconds=1))


def moment_in_words(moment: datetime.datetime) -> str:
    """Write a day and a time in the shop's zone: “2 March 2026, 10:00”, “2 mars 2026 à 10:00”.

    Never Django's DATETIME_FORMAT, whose English “10 a.m.” makes a second full stop at the end of a sentence.
    """
    local = in_shop_zone(moment)
    return pgettext("a moment", "%(date)s, %(time)s") % {
        "date": date_format(local, "DATE_FORMAT"),
        "time": date_format(local, "H:i"),
    }
