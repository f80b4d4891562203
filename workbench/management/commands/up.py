"""`manage.py up`: servers, migrations, demo data, worker, beat and web, until Ctrl-C."""

import os
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from workbench.servers.errors import ServerError
from workbench.up import Up


class Command(BaseCommand):
    help = "Runs the whole shop on this machine, with servers and demo data of its own. PORT chooses the port."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=os.environ.get("PORT") or 8000, help="0 takes a free one")

    def handle(self, *arguments: Any, **options: Any) -> None:
        try:
            Up(self.stdout).run(port=options["port"])
        except ServerError as error:
            raise CommandError(str(error)) from error
