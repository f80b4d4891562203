"""Formats in which series begin: as merchants set them, or as the shop was set up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from common.refusals import Refused
from documents.series.models import NumberFormats, Series
from documents.series.patterns import LONGEST, BadPattern, check, layout, number_of, shape

_SENTENCES: dict[str, str | Promise] = {
    "fields": _("{year} and {number} stand in a format once each, for instance F{year}-{number:05}."),
    "digits": _("No digit stands beside {year} or {number}, or two numbers could read alike."),
    "characters": _("A number has at most 35 characters: letters without accents, digits, +, -, _ and /."),
    "alike": _("Other documents have, or had, numbers that read like these. Choose other letters."),
}
assert LONGEST == 35  # as the sentence says


class FormatsRefused(Refused):
    """Refusal of formats. `errors` has a sentence for each field at fault."""

    def __init__(self, errors: Mapping[str, str | Promise]) -> None:
        field, message = next(iter(errors.items()))
        super().__init__(message, field=field)
        self.errors = dict(errors)


@dataclass(frozen=True)
class Coming:
    """Numbers that the next documents of a sequence get: in this year, and in the year after."""

    sequence: str
    next: str
    next_year: str


def usual_formats() -> dict[str, str]:
    """Return the format of each sequence as the shop was set up."""
    return dict(settings.DOCUMENT_NUMBERS)


def formats_in_force() -> dict[str, str]:
    """Return the format in which the next series of each sequence begins."""
    set_here = NumberFormats.objects.values(*Series.Sequence.values).first() or {}
    return {sequence: set_here.get(sequence) or usual for sequence, usual in settings.DOCUMENT_NUMBERS.items()}


def coming_numbers(*, day: date) -> list[Coming]:
    """Return for each sequence the numbers of its next documents. A series that has begun keeps its format."""
    begun = {series.sequence: series for series in Series.objects.filter(year=day.year).order_by("part")}
    coming = []
    for sequence, pattern in formats_in_force().items():
        series = begun.get(sequence)
        own, last = (series.pattern, series.last) if series else (pattern, 0)
        coming.append(
            Coming(
                str(Series.Sequence(sequence).label),
                number_of(own, year=day.year, number=last + 1),
                number_of(pattern, year=day.year + 1, number=1),
            )
        )
    return coming


def wrong_formats(formats: NumberFormats) -> dict[str, str | Promise]:
    """Return a sentence for each format that is none, or by which a number could be given twice."""
    typed: dict[str, str] = {sequence: getattr(formats, sequence) for sequence in Series.Sequence.values}
    chosen = {sequence: typed[sequence] or usual for sequence, usual in settings.DOCUMENT_NUMBERS.items()}
    given = list(Series.objects.values_list("sequence", "pattern").distinct())
    errors = {}
    for sequence, pattern in typed.items():
        try:
            if pattern:
                check(pattern)
                _refuse_alike(sequence, pattern, others=[*chosen.items(), *given])
        except BadPattern as bad:
            errors[sequence] = _SENTENCES[bad.fault]
    return errors


@transaction.atomic
def save_formats(formats: NumberFormats) -> None:
    """Save the formats in which series begin from now on. Locks their row, created the first time.

    Raises FormatsRefused; then nothing was written.
    """
    NumberFormats.objects.bulk_create([NumberFormats(pk=1)], ignore_conflicts=True)
    NumberFormats.objects.select_for_update(no_key=True).get(pk=1)
    if errors := wrong_formats(formats):
        raise FormatsRefused(errors)
    formats.pk = 1
    formats.save()


def _refuse_alike(sequence: str, pattern: str, *, others: list[tuple[str, str]]) -> None:
    """Raise BadPattern if another format could give a number of this one. Years keep those of one layout apart, and
    within a year a sequence begins in one format.
    """
    for other, another in others:
        is_later = other == sequence and layout(another) == layout(pattern)
        if shape(another) == shape(pattern) and not is_later:
            raise BadPattern("others have numbers that read alike", fault="alike")
