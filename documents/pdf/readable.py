"""Texts as our fonts can print them: other scripts in Latin letters, and what has no letters left out."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from documents.pdf.fonts import signs

# Format characters that shape words of scripts we print, or tell their direction.
_KEPT_FORMATS = frozenset("\u200c\u200d\u200e\u200f\u061c\u00ad")
# Printed for a sign that neither the fonts nor the library know.
UNKNOWN = "\ufffd"
# A longer word may be broken after every so many signs: it would else run out of its column.
_LONGEST_WORD = 40
_PIECE = 10
_BREAK = "\u200b"
_SPACES = frozenset("\t\n\r\u0085\u2028\u2029")
_LONG = re.compile(rf"\S{{{_LONGEST_WORD + 1},}}")


def readable(value: Any) -> tuple[Any, bool]:
    """Return plain values with every text printable, and whether some sign was written in Latin letters instead."""
    changed = False

    def walk(each: Any) -> Any:
        nonlocal changed
        match each:
            case str():
                text, was_changed = printable(each)
                changed = changed or was_changed
                return text
            case list():
                return [walk(one) for one in each]
            case dict():
                return {key: walk(one) for key, one in each.items()}
        return each

    return walk(value), changed


def printable(text: str) -> tuple[str, bool]:
    """Return a text of signs that our fonts have, and whether a sign that says something was replaced."""
    if len(text) <= _LONGEST_WORD and signs().issuperset(map(ord, text)) and unicodedata.is_normalized("NFC", text):
        return text, False
    out: list[str] = []
    changed = False
    for sign in unicodedata.normalize("NFC", text):
        written = _written(sign)
        out.append(written)
        changed = changed or (written != sign and unicodedata.category(sign)[0] not in "CZ")
    return _breakable("".join(out)), changed


def _breakable(text: str) -> str:
    def broken(word: re.Match[str]) -> str:
        return _BREAK.join(word[0][at : at + _PIECE] for at in range(0, len(word[0]), _PIECE))

    return _LONG.sub(broken, text)


def _written(sign: str) -> str:
    if sign in _SPACES:
        return "\n" if sign in "\n\u2028\u2029" else " "
    if sign in _KEPT_FORMATS:
        return sign if ord(sign) in signs() else ""
    if unicodedata.category(sign)[0] == "C":
        return ""
    if ord(sign) in signs():
        return sign
    # Loaded only where files are made, and a sign needs it.
    from anyascii import anyascii

    return anyascii(sign) or ("" if unicodedata.combining(sign) else UNKNOWN)
