"""Errors that are the database's own trouble, and nobody's mistake: they pass."""

from __future__ import annotations

from django.db import InterfaceError, OperationalError
from psycopg2.errors import DeadlockDetected

# Classes of SQLSTATE: connection lost; too many connections and the like; shutting down or starting up.
GONE_FOR_A_WHILE = ("08", "53", "57P")


def is_database_away(error: BaseException) -> bool:
    """Whether the connection failed or was lost; False for anything a server that is there complains about."""
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    code = getattr(error.__cause__, "pgcode", None)
    return code is None or code.startswith(GONE_FOR_A_WHILE)


def is_deadlock(error: BaseException) -> bool:
    """Whether Postgres ended the transaction because it and another one waited for each other."""
    return isinstance(error, OperationalError) and isinstance(error.__cause__, DeadlockDetected)
