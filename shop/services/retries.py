"""Deadlocks outside jobs: the whole service runs again."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import OperationalError, connection
from psycopg2 import errors

P = ParamSpec("P")
R = TypeVar("R")

TRIES = 3


def again_on_deadlock(service: Callable[P, R]) -> Callable[P, R]:
    """Runs a service again when Postgres chose it as a deadlock's victim, three times in all.

    Inside somebody else's transaction nothing can be run again, so the error goes up.
    """

    @wraps(service)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        for attempt in range(1, TRIES + 1):
            try:
                return service(*args, **kwargs)
            except OperationalError as error:
                is_deadlock = isinstance(error.__cause__, errors.DeadlockDetected)
                if not is_deadlock or connection.in_atomic_block or attempt == TRIES:
                    raise
        raise AssertionError("unreachable")

    return run
