"""Names and places of new handlers."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from handlers import registry
from handlers.discovery import SPECIFIC

# Limit of the column in which an entry stores it.
MOST_LETTERS = 80
EXTENSION = re.compile(r"ext_[a-z0-9]+(_[a-z0-9]+)*", re.ASCII)
ENTRY_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*", re.ASCII)
MOST_LETTERS_OF_CODE = 64


class NotStarted(Exception):
    """Reason why no handler is written, for the person at the terminal."""


@dataclass(frozen=True)
class NewHandler:
    """Handler that can be written: its name, the folder it will be, and the entry it is specific to."""

    name: str
    folder: Path
    entry_code: str = ""

    @property
    def words(self) -> str:
        """Name in words, such as “Paper diploma”, or the code of its entry."""
        return self.entry_code or self.name.removeprefix("ext_").replace("_", " ").strip().capitalize()

    @property
    def class_name(self) -> str:
        letters = "".join(part.capitalize() for part in self.name.removeprefix("ext_").split("_"))
        return f"{'Entry' if letters[:1].isdigit() else ''}{letters}Handler"


def extension(name: str, directory: Path) -> NewHandler:
    """Return a new extension called ``name`` in ``directory``. Raises ``NotStarted``."""
    if name.startswith("std_"):
        raise NotStarted(f"{name!r}: std_ is for the handlers that ship with the shop. Call yours ext_….")
    if len(name) > MOST_LETTERS or not EXTENSION.fullmatch(name):
        raise NotStarted(
            f"{name!r} is no name for a handler. It begins with ext_ and has lower-case letters and digits, in words "
            f"joined by single underscores, {MOST_LETTERS} signs at most: ext_paper_diploma."
        )
    if name in {found.handler.name for found in registry.installed() if not found.specific}:
        raise NotStarted(f"A handler called {name} is installed already. Choose another name.")
    return _free(NewHandler(name, _existing(directory) / name))


def specific(code: str, directory: Path) -> NewHandler:
    """Return a new handler specific to the entry ``code``, below ``directory``. Raises ``NotStarted``."""
    if len(code) > MOST_LETTERS_OF_CODE or not ENTRY_CODE.fullmatch(code):
        raise NotStarted(
            f"{code!r} is no code of an entry. It has letters, digits, hyphens and underscores, begins with a letter "
            f"or digit, and is {MOST_LETTERS_OF_CODE} signs long at most: HAB-B0-2026."
        )
    name = registry.specific_folder(code)
    if registry.specific_for(code):
        raise NotStarted(f"A handler specific to {code} is installed already, in a folder called {SPECIFIC}/{name}.")
    return _free(NewHandler(name, _existing(directory) / SPECIFIC / name, entry_code=code))


def _existing(directory: Path) -> Path:
    if not directory.is_dir():
        raise NotStarted(f"There is no folder {directory}. Make it first, or name another one with --directory.")
    if not os.access(directory, os.W_OK):
        raise NotStarted(f"Nothing can be written to {directory}. Name another folder with --directory.")
    return directory.resolve()


def _free(new: NewHandler) -> NewHandler:
    # A dangling link "does not exist", but is in the way all the same.
    if os.path.lexists(new.folder):
        raise NotStarted(f"{new.folder} exists already, and is left as it is. Choose another name.")
    return new
