"""Texts of cells that no spreadsheet program takes for a formula."""

from __future__ import annotations

import re

from common.search import UNSEEN

# Full-width signs begin formulas in East Asian programs; some programs pass over blanks in front.
_DANGEROUS = re.compile(rf"'*(?:[\t\r\n]|[\s{UNSEEN}]*[=+\-@＝＋－＠])")
# Signs that XML cannot hold, or that no cell shows.
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def harmless(text: str) -> str:
    """Return a text as it is written into a cell: without controls, and one that a program might run as a formula
    behind an apostrophe, which makes it a text."""
    text = _CONTROLS.sub("", text)
    return f"'{text}" if _DANGEROUS.match(text) else text


def as_typed(cell: str) -> str:
    """Return the text that `harmless` wrote into a cell; any other text as it is, without controls."""
    text = _CONTROLS.sub("", cell)
    return text[1:] if text.startswith("'") and _DANGEROUS.match(text) else text
