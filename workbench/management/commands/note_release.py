"""`manage.py note_release`: writes the commit at hand and its migrations down as the last release."""

import subprocess
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db.migrations.loader import MigrationLoader

from workbench.releases.last import NOTE, note_release


class Command(BaseCommand):
    help = "Notes the commit at hand as the last release; migrations that follow are judged by it."

    def handle(self, *args: Any, **options: Any) -> None:
        git = ["git", "rev-parse", "HEAD"]
        commit = subprocess.run(git, cwd=settings.BASE_DIR, check=True, capture_output=True, text=True).stdout.strip()
        newest = MigrationLoader(None, replace_migrations=False).graph.leaf_nodes()
        note_release(commit=commit, migrations=dict(newest))
        self.stdout.write(f"{NOTE.relative_to(settings.BASE_DIR)} names {commit[:12]}. Commit it.")
