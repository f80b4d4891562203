"""`manage.py verify_ledger`: checks the books, by themselves and against the orders."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from shop.postings.verifying import faults_of_books


class Command(BaseCommand):
    help = "Checks that entries balance, chain and closed days are as they were, and every fact has its entry."

    def handle(self, *args: Any, **options: Any) -> None:
        faults = 0
        for fault in faults_of_books():
            faults += 1
            self.stderr.write(fault)
        if faults:
            raise CommandError(f"{faults} fault(s) in the ledger.")
        self.stdout.write("The ledger is whole.")
