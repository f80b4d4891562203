"""`manage.py starthandler ext_name`, or `--specific ENTRY-CODE`: a working handler to begin with."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from handlers.skeleton.names import NewHandler, NotStarted, extension, specific
from handlers.skeleton.writing import write

OWN_FOLDER = Path(__file__).resolve().parents[2]


class Command(BaseCommand):
    help = "Writes a working handler with its forms, its French and its tests, to be changed into what is needed."
    # Another handler that is broken must not keep this command from running.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", nargs="?", help="the name of an extension: ext_paper_diploma")
        parser.add_argument("--specific", metavar="ENTRY-CODE", help="a handler for the one entry of that code")
        parser.add_argument(
            "--directory",
            type=Path,
            help="where to write it; default: the first folder of HANDLER_DIRS, else the shop's own handlers/",
        )

    def handle(
        self, *arguments: Any, name: str | None, specific: str | None, directory: Path | None, **options: Any
    ) -> None:
        try:
            new = _asked_for(name, specific, directory or _default_directory())
            files = write(new)
        except NotStarted as refused:
            raise CommandError(str(refused)) from refused
        for path in files:
            self.stdout.write(f"  {path}")
        self.stdout.write(f"{new.words} is ready. Run its tests from the shop's folder:")
        self.stdout.write(f"  {_how_to_test(new)}")
        if not _is_looked_into(_directory_of(new)):
            self.stdout.write(f"The shop finds it once HANDLER_DIRS names the folder {_directory_of(new)}.")


def _asked_for(name: str | None, code: str | None, directory: Path) -> NewHandler:
    if (name is None) == (code is None):
        raise NotStarted("Name the extension (ext_paper_diploma), or the entry it is for (--specific HAB-B0-2026).")
    return extension(name, directory) if name is not None else specific(str(code), directory)


def _default_directory() -> Path:
    return Path(settings.HANDLER_DIRS[0]) if settings.HANDLER_DIRS else OWN_FOLDER


def _directory_of(new: NewHandler) -> Path:
    return new.folder.parent.parent if new.entry_code else new.folder.parent


def _is_looked_into(directory: Path) -> bool:
    return directory in {OWN_FOLDER, *(Path(each).resolve() for each in settings.HANDLER_DIRS)}


def _how_to_test(new: NewHandler) -> str:
    if _directory_of(new) == OWN_FOLDER:
        return f"pytest {new.folder.relative_to(OWN_FOLDER.parent)}"
    return f"HANDLER_DIRS={_directory_of(new)} pytest -c pyproject.toml {new.folder}"
