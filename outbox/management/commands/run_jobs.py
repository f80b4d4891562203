"""`manage.py run_jobs`: runs due jobs without Celery, once or for as long as it is left alone."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from outbox.jobs.running import run_due_jobs


class Command(BaseCommand):
    help = "Runs every job that is due, and says how many there were."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--limit", type=int, default=None, help="Run this many at most.")
        parser.add_argument(
            "--watch", type=float, metavar="SECONDS", help="Look again every so many seconds, for ever."
        )

    def handle(self, *args: Any, limit: int | None, watch: float | None, **options: Any) -> None:
        while True:
            count = run_due_jobs(limit=limit)
            if count or watch is None:
                self.stdout.write(f"{count} job(s) run.")
            if watch is None:
                return
            time.sleep(watch)
