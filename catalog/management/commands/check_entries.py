"""`manage.py check_entries`: prints the findings about the catalogue; fails on an entry that cannot be sold or
delivered."""

import sys
from typing import Any

from django.core.management.base import BaseCommand

from catalog.services.checks import check_entries
from handlers.contract import Level


class Command(BaseCommand):
    help = "Checks every catalogue entry that is not retired; exits with 1 if one on sale has errors."

    def handle(self, *args: Any, **options: Any) -> None:
        styles = {Level.ERROR: self.style.ERROR, Level.WARNING: self.style.WARNING, Level.INFO: self.style.NOTICE}
        errors = 0
        for entry, finding in check_entries():
            # A fault of an entry that is not on sale harms no customer.
            errors += finding.level is Level.ERROR and entry.is_on_sale
            where = "" if entry.is_on_sale else f" ({entry.state})"
            self.stdout.write(f"{entry.code}{where}: {styles[finding.level](finding.level.value)}: {finding.message}")
        if errors:
            self.stderr.write(self.style.ERROR(f"{errors} error(s) in the catalogue."))
            sys.exit(1)
        self.stdout.write(self.style.SUCCESS("No errors in the catalogue."))
