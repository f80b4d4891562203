"""One cleaner of the lines that people type or paste: names, parts of addresses, references, codes."""

from __future__ import annotations

import re
import unicodedata

# They join letters of some scripts, and are seen by their effect; alone they are nothing.
_JOINERS = "\u200c\u200d"


def clean_line(typed: str) -> str:
    """Return a text as one line, composed (NFC), without signs that nobody sees and without superfluous blanks.

    Signs of direction, soft hyphens and byte-order marks go; tabs, line ends and blanks of all widths are one blank. A
    text of which nothing would be seen is empty. Cleaning twice changes nothing.
    """
    if typed.isascii() and typed.isprintable():  # nothing in it to look for, which is quicker to tell
        return " ".join(typed.split())
    seen = (sign if sign.isprintable() or sign in _JOINERS else " " for sign in without_unseen(typed))
    words = [word.strip(_JOINERS) for word in "".join(seen).split()]
    return unicodedata.normalize("NFC", " ".join(word for word in words if word))


def clean_code(typed: str) -> str:
    """Return a code as one line in which every dash is the one of the keyboard: word processors write longer ones."""
    return re.sub("[\u2010-\u2015\u2212]", "-", clean_line(typed))


def without_unseen(typed: str) -> str:
    """Return a text composed (NFC), without the signs that nobody sees; blanks and controls stay."""
    composed = unicodedata.normalize("NFC", typed)
    return "".join(sign for sign in composed if sign in _JOINERS or unicodedata.category(sign) != "Cf")
