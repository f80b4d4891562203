"""Translations in the packages of handlers: compiled where they changed, and made known to Django.

The shop's own translations come first, so a handler adds texts and never changes any.
"""

from __future__ import annotations

import gettext
import os
from collections.abc import Iterable
from contextlib import suppress
from gettext import GNUTranslations
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from django.conf import settings
from django.utils.translation import trans_real


def add_translations(folders: Iterable[Path]) -> dict[Path, Exception]:
    """Add these ``locale`` folders to Django's, after those it knows already.

    Returns the error of each folder that cannot be read; such folders are left out.
    """
    broken: dict[Path, Exception] = {}
    readable = []
    for folder in folders:
        try:
            _make_ready(folder)
        except Exception as error:  # a file may be broken in any way; the shop runs on without it
            broken[folder] = error
        else:
            readable.append(folder)
    known = {Path(path) for path in settings.LOCALE_PATHS}
    settings.LOCALE_PATHS = [*settings.LOCALE_PATHS, *(folder for folder in readable if folder not in known)]
    # Discovery has translated the handlers' labels already, from translations read before these were known.
    _forget_what_was_read()
    return broken


def _forget_what_was_read() -> None:
    """Make Django read the translations again at the next lookup."""
    gettext._translations.clear()  # type: ignore[attr-defined]  # gettext has no public way to forget
    trans_real._translations.clear()  # type: ignore[attr-defined]  # nor has Django a public way
    trans_real._default = None  # type: ignore[attr-defined]  # nor has Django a public way


def _make_ready(locale: Path) -> None:
    # An installed package may lie where nothing can be written; it comes with compiled translations.
    with suppress(OSError):
        compile_translations(locale)
    for compiled in locale.glob("*/LC_MESSAGES/*.mo"):
        with open(compiled, "rb") as file:
            GNUTranslations(file)


def compile_translations(locale: Path) -> list[Path]:
    """Compile every file of translations (.po) that is newer than its compiled form (.mo); return the files compiled.

    The compiled file appears whole or not at all: other processes may be reading it. This process reads it from now on:
    otherwise deliveries of `up` in the first minute of a fresh clone would be written without French, for good.
    """
    compiled = [source for source in sorted(locale.glob("*/LC_MESSAGES/*.po")) if _compile(source)]
    if compiled:
        _forget_what_was_read()
    return compiled


def _compile(source: Path) -> bool:
    target = source.with_suffix(".mo")
    if target.exists() and target.stat().st_mtime_ns >= source.stat().st_mtime_ns:
        return False
    with open(source, "rb") as file:
        translations = read_po(file, locale=source.parents[1].name)
    unfinished = target.with_suffix(f".{os.getpid()}.mo")
    with open(unfinished, "wb") as file:
        write_mo(file, translations)
    unfinished.replace(target)
    return True
