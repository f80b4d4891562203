"""Compiles catalogues (.po) into what Django reads (.mo)."""

import os
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po


def compile_catalogues(locale: Path) -> list[Path]:
    """Compiles every catalogue that is newer than its compiled form; returns those compiled.

    The compiled file appears whole or not at all: other processes may be reading it.
    """
    return [source for source in sorted(locale.glob("*/LC_MESSAGES/*.po")) if _compile(source)]


def _compile(source: Path) -> bool:
    target = source.with_suffix(".mo")
    if target.exists() and target.stat().st_mtime_ns >= source.stat().st_mtime_ns:
        return False
    with open(source, "rb") as file:
        catalogue = read_po(file, locale=source.parents[1].name)
    unfinished = target.with_suffix(f".{os.getpid()}.mo")
    with open(unfinished, "wb") as file:
        write_mo(file, catalogue)
    unfinished.replace(target)
    return True
