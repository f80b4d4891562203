"""`manage.py translations check|update|compile`: the catalogues of every language but the sources' English."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from shop.translations import catalogue
from shop.translations.compiling import compile_catalogues
from shop.translations.extraction import texts_in

SOURCE_LANGUAGE = "en"


class Command(BaseCommand):
    help = "Checks that every translatable string is translated, brings the catalogues up to date, or compiles them."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("action", choices=["check", "update", "compile"])

    def handle(self, *arguments: Any, action: str, **options: Any) -> None:
        project, locale = Path(settings.BASE_DIR), Path(settings.LOCALE_PATHS[0])
        if action == "compile":
            compile_catalogues(locale)
            return
        texts = texts_in(project)
        for language in (code for code, _name in settings.LANGUAGES if code != SOURCE_LANGUAGE):
            path = catalogue.path_of(locale, language)
            known = catalogue.read(path, language)
            if action == "update":
                catalogue.write(catalogue.updated(known, texts, language), path)
            elif found := catalogue.faults(known, texts):
                raise CommandError(f"{path.relative_to(project)}: {len(found)} to mend\n" + "\n".join(found))
            self.stdout.write(f"{language}: {len(texts)} strings")
