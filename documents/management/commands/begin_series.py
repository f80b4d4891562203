"""`manage.py begin_series invoice 'FB{year}-{number:05}'`: numbers begin anew, in another format, after a restore."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from common.moments import local_day
from documents.series.models import Series
from documents.series.patterns import BadPattern, number_of
from documents.series.services import begin_series


class Command(BaseCommand):
    help = (
        "Begins a new series of numbers for the rest of the year, in a format of its own. Only after a restored backup,"
        " which has forgotten numbers that were given: they would be given again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("sequence", choices=Series.Sequence.values)
        parser.add_argument("format", help="such as FB{year}-{number:05}")

    def handle(self, *args: Any, **options: Any) -> None:
        day = local_day(timezone.now())
        try:
            series = begin_series(Series.Sequence(options["sequence"]), pattern=options["format"], day=day)
        except BadPattern as refusal:
            raise CommandError(f"Not a format for numbers: {refusal}.") from refusal
        first = number_of(series.pattern, year=series.year, number=1)
        self.stdout.write(f"The next document of {series.sequence} is {first}.")
