"""`manage.py translations check|update|compile`: the catalogues of every language but the sources' English."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from handlers.catalogues import compile_catalogues
from handlers.registry import installed
from project.translations import catalogue
from project.translations.extraction import Text, texts_in, texts_of_handler

SOURCE_LANGUAGE = "en"


class Command(BaseCommand):
    help = "Checks that every translatable string is translated, brings the catalogues up to date, or compiles them."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("action", choices=["check", "update", "compile"])
        parser.add_argument("handler", nargs="?", help="a handler with a catalogue of its own, instead of the shop's")

    def handle(self, *arguments: Any, action: str, handler: str | None, **options: Any) -> None:
        project = _package_of(handler) if handler else Path(settings.BASE_DIR)
        locale = project / "locale"
        if action == "compile":
            compile_catalogues(locale)
            return
        texts: set[Text] = texts_of_handler(project) if handler else texts_in(project)
        for language in (code for code, _name in settings.LANGUAGES if code != SOURCE_LANGUAGE):
            path = catalogue.path_of(locale, language)
            known = catalogue.read(path, language)
            if action == "update":
                catalogue.write(catalogue.updated(known, texts, language), path)
            elif found := catalogue.faults(known, texts):
                raise CommandError(f"{path.relative_to(project)}: {len(found)} to mend\n" + "\n".join(found))
            self.stdout.write(f"{language}: {len(texts)} strings")


def _package_of(name: str) -> Path:
    """The folder of an installed handler, listed or specific, that has a catalogue of its own."""
    folders = [found.folder for found in installed() if found.handler.name == name and found.folder]
    for folder in folders:
        if (folder / "locale").is_dir():
            return folder
    raise CommandError(f"No handler called {name} is installed that has a folder locale/ of its own.")
