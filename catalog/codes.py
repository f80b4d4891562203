"""The code of an entry: how it is written, and the folder a specific handler has for it."""

import re

CODE_MAX_LENGTH = 64
CODE_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_-]*$"

_code = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


def is_code(text: str) -> bool:
    """Whether ``text`` may be the code of an entry (length aside)."""
    return _code.fullmatch(text) is not None


def folder_of(code: str) -> str:
    """The folder of the handler that is specific to the entry ``code``.

    Two codes may share a folder (``A-1`` and ``a_1``); at most one of them may be bound to it,
    which the constraint ``catalog_entry_specific_folder`` keeps.
    """
    return code.lower().replace("-", "_")
