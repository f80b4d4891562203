"""Counting: the one way in which numbers are given."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.db.models import F

from documents.series.models import Series
from documents.series.patterns import number_of


def locked_series(sequence: Series.Sequence, *, day: date) -> Series:
    """Return the series of a sequence for the day's year, begun if there is none. Locks its row to the transaction's
    end.
    """
    found = Series.objects.select_for_update(no_key=True).filter(sequence=sequence, year=day.year)
    series = found.first()
    if series is None:
        begun = Series(sequence=sequence, year=day.year, pattern=settings.DOCUMENT_NUMBERS[sequence])
        Series.objects.bulk_create([begun], ignore_conflicts=True)
        series = found.get()
    return series


def next_number(series: Series, *, day: date) -> tuple[str, date]:
    """Count one further, and return the number and the day of the document that must bear it.

    The series is locked. Numbers follow the days: a day before that of the last document becomes that day.
    """
    series.last_on = max(day, series.last_on or day)
    series.last += 1
    Series.objects.filter(pk=series.pk).update(last=F("last") + 1, last_on=series.last_on)
    return number_of(series.pattern, year=series.year, number=series.last), series.last_on
