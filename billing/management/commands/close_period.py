"""`manage.py close_period 2026-11`: closes the days of the books up to the end of a day, month or year."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone, translation

from billing.closures.services import close_days, end_of
from common.refusals import Refused


class Command(BaseCommand):
    help = "Closes all days of the books up to the end of a day, month or year, and the months and years within."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("period", help="2026-11-30, 2026-11 or 2026")

    def handle(self, *args: Any, **options: Any) -> None:
        through = end_of(options["period"])
        if through is None:
            raise CommandError(f"Not a day, month or year: {options['period']}. Write 2026-11-30, 2026-11 or 2026.")
        try:
            with translation.override("en"):
                made = close_days(through=through, now=timezone.now())
        except Refused as refusal:
            with translation.override("en"):
                raise CommandError(str(refusal)) from refusal
        for closure in made:
            self.stdout.write(f"Closed: {closure.kind} {closure}")
