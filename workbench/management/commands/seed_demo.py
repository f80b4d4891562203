"""`manage.py seed_demo`: a training organisation with courses, a catalogue, customers and orders."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from workbench.demo.seed import seed


class Command(BaseCommand):
    help = "Loads the demonstration data into an empty shop with its paid orders delivered. A worker sends the mails."

    def handle(self, *args: Any, **options: Any) -> None:
        if seed(now=timezone.now()):
            self.stdout.write("The demonstration data have been loaded.")
        else:
            self.stdout.write("The shop has entries already; nothing was changed.")
