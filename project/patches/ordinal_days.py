"""The ending of a day's number in the language of the page: “1er mars”, “2 mars”.

Reason: the sign `S` of Django's date formats writes English endings whatever the language, and French writes one for
the first day of a month. Ends with: a Django that translates the endings.
"""

from __future__ import annotations

from django.utils.dateformat import DateFormat

from common.languages import reader_language

_in_english = DateFormat.S


def _ending(day: DateFormat) -> str:
    if reader_language() == "fr":
        return "er" if day.format("j") == "1" else ""
    return _in_english(day)


def write_endings_in_every_language() -> None:
    for sign, written in {"S": _ending}.items():
        setattr(DateFormat, sign, written)
