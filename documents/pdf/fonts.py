"""Fonts that are shipped, and the signs they have. Noto Sans (SIL Open Font License 1.1, `fonts/LICENSE`)."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "fonts"


@cache
def signs() -> frozenset[int]:
    """Return the code points that both weights of some font have."""
    # Loaded only where files are made.
    from fontTools.ttLib import TTFont

    found: set[int] = set()
    for path in FOLDER.glob("*-Regular.ttf"):
        bold = path.with_name(path.name.replace("Regular", "Bold"))
        with TTFont(path, lazy=True) as regular, TTFont(bold, lazy=True) as other:
            found |= regular.getBestCmap().keys() & other.getBestCmap().keys()
    return frozenset(found)


@cache
def for_typst() -> Any:
    """Return the fonts as typst takes them, read once in each process: no font of the system, nor typst's own."""
    import typst

    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(FOLDER)])
