"""`manage.py translations check|update|compile`: the translations into every language but the sources' English."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from handlers.registry import installed
from handlers.translations import compile_translations
from project.translations import po_file
from project.translations.extraction import Text, texts_in, texts_of_handler

SOURCE_LANGUAGE = "en"


class Command(BaseCommand):
    help = "Checks that every translatable string is translated, brings the translations up to date, or compiles them."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("action", choices=["check", "update", "compile"])
        parser.add_argument("handler", nargs="?", help="a handler with translations of its own, instead of the shop's")

    def handle(self, *arguments: Any, action: str, handler: str | None, **options: Any) -> None:
        project = _package_of(handler) if handler else Path(settings.BASE_DIR)
        locale = project / "locale"
        if action == "compile":
            compile_translations(locale)
            return
        texts: set[Text] = texts_of_handler(project) if handler else texts_in(project)
        for language in (code for code, _name in settings.LANGUAGES if code != SOURCE_LANGUAGE):
            path = po_file.path_of(locale, language)
            known = po_file.read(path, language)
            if action == "update":
                po_file.write(po_file.updated(known, texts, language), path)
            elif found := po_file.faults(known, texts):
                raise CommandError(f"{path.relative_to(project)}: {len(found)} to mend\n" + "\n".join(found))
            self.stdout.write(f"{language}: {len(texts)} strings")


def _package_of(name: str) -> Path:
    """Return the folder of an installed handler, listed or specific, that has translations of its own. Raises
    CommandError when there is none."""
    folders = [found.folder for found in installed() if found.handler.name == name and found.folder]
    for folder in folders:
        if (folder / "locale").is_dir():
            return folder
    raise CommandError(f"No handler called {name} is installed that has a folder locale/ of its own.")
