"""`manage.py check_migrations`: refuses migrations that the last release cannot live with."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from workbench.releases.judging import idle_excuses, refusals, rules_broken_since
from workbench.releases.last import last_release


class Command(BaseCommand):
    help = "Judges the migrations since the last release: its programs go on selling while and after they run."

    def handle(self, *args: Any, **options: Any) -> None:
        release, loader = last_release(), MigrationLoader(connection, replace_migrations=False)
        found = [str(refusal) for refusal in refusals(release, rules_broken_since(release, loader))]
        found += [f"{name} is excused, and does not follow the last release." for name in idle_excuses(release, loader)]
        if found:
            raise CommandError("\n".join(found))
