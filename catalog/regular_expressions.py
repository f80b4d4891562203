"""Patterns that merchants write for customers' answers.

RE2 matches patterns in a time that grows with the length of the text only: no pattern, however written, can keep a web
process busy. Back-references and look-ahead, which RE2 lacks, are refused when the field is saved.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

# The largest program a pattern may compile to.
MOST_BYTES = 1_000_000


class PatternBroken(Exception):
    """The text cannot be read as a pattern; the message is the library's."""


def matches(pattern: str, text: str) -> bool:
    """Tell whether the whole of ``text`` matches. Raises ``PatternBroken``."""
    return _compiled(pattern).fullmatch(text) is not None


def check_pattern(pattern: str) -> None:
    """Raise ``PatternBroken`` unless ``pattern`` can be used."""
    _compiled(pattern)


@lru_cache(maxsize=500)
def _compiled(pattern: str) -> Any:
    # Few shops ever use a pattern: the library is loaded with the first pattern.
    import re2

    options = re2.Options()
    options.log_errors = False
    options.max_mem = MOST_BYTES
    try:
        return re2.compile(pattern, options=options)
    except re2.error as error:
        said = error.args[0] if error.args else ""
        raise PatternBroken(said.decode() if isinstance(said, bytes) else str(said)) from error
