"""`manage.py migrate`: Django's, beside programs that go on selling."""

import time
from typing import Any

from django.core.management.commands import migrate
from django.db import OperationalError, connections

from project.patient_migrations import PAUSE_SECONDS, TRIES, gave_way, patience


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        with patience(connections[options["database"]]):
            for tries_left in reversed(range(TRIES)):
                try:
                    super().handle(*args, **options)
                    return
                except OperationalError as error:
                    if not tries_left or not gave_way(error):
                        raise
                    self.stdout.write("\nOthers held a lock for too long: nothing of it was kept, it begins again.")
                time.sleep(PAUSE_SECONDS)
