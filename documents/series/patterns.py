"""Formats of numbers, such as `F{year}-{number:05}`.

A number is the BT-1 of an electronic invoice: at most 35 characters, letters without accents, digits and `+-_/`.
"""

from __future__ import annotations

import re

LONGEST = 35
ALLOWED = re.compile(rf"[A-Za-z0-9+_/-]{{1,{LONGEST}}}")
# The one field with a width: zeros before the number.
_FIELD = re.compile(r"\{(year|number(?::0([1-9]))?)\}")
# A series counts no further; a format must have room for it.
MOST = 10**9 - 1
_ANY_YEAR = 2026


class BadPattern(ValueError):
    """A format that could not give every document of every year a number of its own, with the reason.

    `fault` names the rule that it breaks: "fields", "digits", "characters" or "alike".
    """

    def __init__(self, reason: str, *, fault: str) -> None:
        super().__init__(reason)
        self.fault = fault


def number_of(pattern: str, *, year: int, number: int) -> str:
    """Return the number in words: `F{year}-{number:05}` makes `F2026-00017` of 17."""

    def filled(field: re.Match[str]) -> str:
        return str(year) if field[1] == "year" else str(number).zfill(int(field[2] or 1))

    return _FIELD.sub(filled, pattern)


def check(pattern: str) -> None:
    """Raise BadPattern unless the format has year and number once each, and no number of it is too long or strange."""
    fields = [field[1].partition(":")[0] for field in _FIELD.finditer(pattern)]
    if sorted(fields) != ["number", "year"]:
        raise BadPattern("{year} and {number} stand in it once each", fault="fields")
    if re.search(r"\d\{|\}\d|\}\{", pattern):
        raise BadPattern("no digit stands beside {year} or {number}, or two numbers could read alike", fault="digits")
    if not ALLOWED.fullmatch(number_of(pattern, year=_ANY_YEAR, number=MOST)):
        reason = f"a number has at most {LONGEST} characters, of A-Z, a-z, 0-9, +, -, _ and /"
        raise BadPattern(reason, fault="characters")


def shape(pattern: str) -> str:
    """Return the format with 0 for each field and each digit: formats of different shapes never give one number
    twice.
    """
    return re.sub(r"\d+", "0", _FIELD.sub("0", pattern))


def layout(pattern: str) -> str:
    """Return the format without widths: formats of one layout never give documents of different years one number."""
    return _FIELD.sub(lambda field: "{year}" if field[1] == "year" else "{number}", pattern)
