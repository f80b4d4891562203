"""Moments in words in templates: `{{ x|start }}`, `{{ x|end }}`, `{{ x|last_day }}`, `{{ x|moment }}`.

Each takes a moment or, in a mail, the ISO 8601 text that stands for one; nothing stays nothing.
"""

from __future__ import annotations

import datetime

from django import template
from django.utils.formats import date_format

from common.moments import from_iso
from common.words import end_in_words, last_day_of, moment_in_words, start_in_words

register = template.Library()


@register.filter
def start(moment: datetime.datetime | str | None) -> str:
    known = _known(moment)
    return start_in_words(known) if known else ""


@register.filter
def end(moment: datetime.datetime | str | None) -> str:
    known = _known(moment)
    return end_in_words(known) if known else ""


@register.filter
def last_day(moment: datetime.datetime | str | None) -> str:
    """Write the last day alone, short: for lists."""
    known = _known(moment)
    return date_format(last_day_of(known), "SHORT_DATE_FORMAT") if known else ""


@register.filter
def moment(at: datetime.datetime | str | None) -> str:
    """Write a day and a time: for histories."""
    known = _known(at)
    return moment_in_words(known) if known else ""


def _known(moment: datetime.datetime | str | None) -> datetime.datetime | None:
    known = from_iso(moment) if isinstance(moment, str) else moment
    return known if isinstance(known, datetime.datetime) else None
