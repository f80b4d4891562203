"""`manage.py demo_statement FILE`: a bank statement to try the import with."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from common.moments import local_day
from workbench.demo.statement import sample_statement


class Command(BaseCommand):
    help = "Writes a bank statement (CAMT.053) of today that fits the demo's orders, to be sent in the administration."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        options["file"].write_bytes(sample_statement(local_day(timezone.now())))
        self.stdout.write(f"Written: {options['file']}")
