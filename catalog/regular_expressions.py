"""Patterns that merchants write for what customers type.

They are matched by RE2, whose time grows with the length of the text only: no pattern, however it was written, can
keep a web process busy. What RE2 cannot do (references back, looking ahead) is refused when the field is saved.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

# A pattern may grow to a program of this size, no further.
MOST_BYTES = 1_000_000


class PatternBroken(Exception):
    """It cannot be read as a pattern; says why in the words of the library."""


def matches(pattern: str, text: str) -> bool:
    """Whether the whole of ``text`` matches. Raises ``PatternBroken``."""
    return _compiled(pattern).fullmatch(text) is not None


def check_pattern(pattern: str) -> None:
    """Raises ``PatternBroken`` when ``pattern`` cannot be used."""
    _compiled(pattern)


@lru_cache(maxsize=500)
def _compiled(pattern: str) -> Any:
    # Few shops ever use a pattern: the library is loaded with the first one.
    import re2

    options = re2.Options()
    options.log_errors = False
    options.max_mem = MOST_BYTES
    try:
        return re2.compile(pattern, options=options)
    except re2.error as error:
        said = error.args[0] if error.args else ""
        raise PatternBroken(said.decode() if isinstance(said, bytes) else str(said)) from error
