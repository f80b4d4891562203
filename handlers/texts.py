"""Texts that are said in the reader's language, not in the writer's.

A handler runs in a worker for a customer, a merchant and a sales team who may read different
languages. So what it says stays lazy until somebody renders it: ``gettext_lazy`` for a fixed text,
``in_words`` for one with numbers or names in it (``gettext_lazy("…") % {…}`` would be translated at
once, in the worker's language):

    in_words(lambda: ngettext("%(n)d seat", "%(n)d seats", n) % {"n": n})
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import get_language, pgettext

from common.moments import day_ends, local_day
from common.words import in_words

__all__ = [
    "Text",
    "date_and_time",
    "in_every_language",
    "in_reader_language",
    "in_words",
    "last_moment",
    "paragraphs",
    "sentences",
]

Text = str | Promise


def paragraphs(*texts: Text) -> Text:
    """The texts that are not empty, each on a line of its own, still lazy."""
    return in_words(lambda: "\n".join(said for said in (str(text) for text in texts) if said))


def sentences(*texts: Text) -> Text:
    """The texts that are not empty, one after the other in a paragraph, still lazy."""
    return in_words(lambda: " ".join(said for said in (str(text) for text in texts) if said))


def date_and_time(moment: datetime) -> str:
    """A moment in the active language and the shop's zone: “March 2, 2026, 10:00”, “2 mars 2026 à 10:00”."""
    local = timezone.localtime(moment, timezone.get_default_timezone())
    return pgettext("a moment", "%(date)s, %(time)s") % {
        "date": date_format(local, "DATE_FORMAT"),
        "time": date_format(local, "H:i"),
    }


def last_moment(moment: datetime) -> str:
    """An end as people say it: the 24:00 of a day is that day, not the first minute of the next one."""
    day = local_day(moment) - timedelta(days=1)
    return date_format(day, "DATE_FORMAT") if day_ends(day) == moment else date_and_time(moment)


def in_every_language(text: Text) -> dict[str, str]:
    """``text`` by language code, for every language of the shop."""
    said = {}
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            said[code] = str(text)
    return said


def in_reader_language(texts: Mapping[str, str]) -> str:
    """One of a text's translations: the reader's, else the shop's, else any."""
    language = (get_language() or settings.LANGUAGE_CODE).split("-")[0]
    return texts.get(language) or texts.get(settings.LANGUAGE_CODE) or next(iter(texts.values()), "")
