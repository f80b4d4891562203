"""Counting: the one way in which numbers are given, and the series by which it begins anew within a year."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.db import transaction
from django.db.models import F

from documents.series.models import Series
from documents.series.patterns import BadPattern, check, number_of, shape


def locked_series(sequence: Series.Sequence, *, day: date) -> Series:
    """Return the series of a sequence for the day's year, begun if there is none. Locks its row to the transaction's
    end.
    """
    of_the_year = Series.objects.filter(sequence=sequence, year=day.year)
    found = of_the_year.select_for_update(no_key=True).order_by("-part")[:1]
    series = found.first()
    if series is None:
        begun = Series(sequence=sequence, year=day.year, pattern=settings.DOCUMENT_NUMBERS[sequence])
        Series.objects.bulk_create([begun], ignore_conflicts=True)
        series = found.get()
    return series


@transaction.atomic
def begin_series(sequence: Series.Sequence, *, pattern: str, day: date) -> Series:
    """Have the numbers of a sequence begin anew within the day's year, in a format that no other series has: after a
    restored backup, which has forgotten numbers that were given.

    Locks the series that ends. Raises BadPattern, also for a format by which a number could be given twice.
    """
    check(pattern)
    others = {*Series.objects.values_list("pattern", flat=True), *settings.DOCUMENT_NUMBERS.values()}
    if shape(pattern) in map(shape, others):
        raise BadPattern("another series has numbers that read alike: begin it with other letters")
    ended = locked_series(sequence, day=day)
    return Series.objects.create(sequence=sequence, year=day.year, part=ended.part + 1, pattern=pattern)


def next_number(series: Series, *, day: date) -> tuple[str, date]:
    """Count one further, and return the number and the day of the document that must bear it.

    The series is locked. Numbers follow the days: a day before that of the last document becomes that day.
    """
    series.last_on = max(day, series.last_on or day)
    series.last += 1
    Series.objects.filter(pk=series.pk).update(last=F("last") + 1, last_on=series.last_on)
    return number_of(series.pattern, year=series.year, number=series.last), series.last_on
