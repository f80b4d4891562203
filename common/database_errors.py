"""Errors that are temporary troubles of the database, not faults of code or people."""

from __future__ import annotations

from django.db import InterfaceError, OperationalError
from psycopg2.errors import DeadlockDetected, LockNotAvailable, QueryCanceled

# Classes of SQLSTATE: connection lost; too many connections and the like; shutting down or starting up.
GONE_FOR_A_WHILE = ("08", "53", "57P")


def is_database_away(error: BaseException) -> bool:
    """Tell whether the connection failed or was lost; False for every complaint of a server that answers."""
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    code = getattr(error.__cause__, "pgcode", None)
    return code is None or code.startswith(GONE_FOR_A_WHILE)


def is_deadlock(error: BaseException) -> bool:
    """Tell whether Postgres ended the transaction because it and another one waited for each other."""
    return isinstance(error, OperationalError) and isinstance(error.__cause__, DeadlockDetected)


def is_lock_timeout(error: BaseException) -> bool:
    """Tell whether a lock was not to be had in the time that one waits for it."""
    return isinstance(error, OperationalError) and isinstance(error.__cause__, LockNotAvailable)


def is_database_busy(error: BaseException) -> bool:
    """Tell whether Postgres lives and could not do it in time: a lock was not to be had, or a statement took too
    long."""
    is_cut_off = isinstance(error, OperationalError) and isinstance(error.__cause__, QueryCanceled)
    return is_cut_off or is_lock_timeout(error)
