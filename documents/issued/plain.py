"""Plain values: what a document is frozen as, and the digest over it."""

from __future__ import annotations

import hashlib
import json
from typing import Any


class NotPlain(TypeError):
    """A value that would not be read back from the database as it was written: a mistake in the code."""


def refuse_unless_plain(value: Any, *, path: str = "data") -> None:
    """Raise NotPlain for all but texts, whole numbers, booleans, None, and lists and dicts by text of them.

    A float would be rounded, an amount is a text such as `"120.00"`; Postgres keeps no NUL and no half of a pair.
    """
    match value:
        case None | bool() | int():
            return
        case str():
            if "\0" in value or any("\ud800" <= sign <= "\udfff" for sign in value):
                raise NotPlain(f"{path}: a text that no database keeps")
        case list():
            for place, each in enumerate(value):
                refuse_unless_plain(each, path=f"{path}[{place}]")
        case dict():
            for key, each in value.items():
                if not isinstance(key, str):
                    raise NotPlain(f"{path}: {key!r} is no text")
                refuse_unless_plain(key, path=path)
                refuse_unless_plain(each, path=f"{path}.{key}")
        case _:
            raise NotPlain(f"{path}: {type(value).__name__}")


def digest_of(value: Any) -> bytes:
    """Return the SHA-256 of plain values in one spelling: keys sorted, no spaces, UTF-8. 32 bytes."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode()).digest()
