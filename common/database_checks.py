"""Reading in a system check of the database, which also runs before there are any tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from django.db import DEFAULT_DB_ALIAS, DatabaseError, transaction

T = TypeVar("T")


def read_if_there(databases: Sequence[str] | None, read: Callable[[], T]) -> T | None:
    """Return what `read` finds in the database; None where the check is not asked of it, or the first migration is yet
    to come."""
    if DEFAULT_DB_ALIAS not in (databases or ()):
        return None
    try:
        with transaction.atomic():
            return read()
    except DatabaseError:
        return None
