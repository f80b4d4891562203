"""Services that lost a deadlock run again as a whole."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from django.db import OperationalError, connection

from common.database_errors import is_deadlock

ATTEMPTS = 3

P = ParamSpec("P")
R = TypeVar("R")


def again_after_deadlock(service: Callable[P, R]) -> Callable[P, R]:
    """Run a service up to 3 times while Postgres ends it as the victim of a deadlock.

    Within a transaction of the caller the service does not run again: that transaction is lost, and the error is
    raised.
    """

    @functools.wraps(service)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        if connection.in_atomic_block:
            return service(*args, **kwargs)
        for _attempt in range(ATTEMPTS - 1):
            try:
                return service(*args, **kwargs)
            except OperationalError as error:
                if not is_deadlock(error):
                    raise
        return service(*args, **kwargs)

    return run
