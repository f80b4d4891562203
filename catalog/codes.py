"""The code of an entry: how it is written."""

import re

CODE_MAX_LENGTH = 64
CODE_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_-]*$"

_code = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


def is_code(text: str) -> bool:
    """Whether ``text`` may be the code of an entry (length aside)."""
    return _code.fullmatch(text) is not None
