"""Writes that outlast the transaction in which their reason came up, even if that is rolled back.

A fault met in the middle of a sale undoes the sale; the note of the fault must stay. It is written once the request,
job or task is over, when no transaction is open.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Hashable

from django.db import connection, transaction

logger = logging.getLogger(__name__)


class _Waiting(threading.local):
    def __init__(self) -> None:
        self.writes: dict[Hashable, Callable[[], object]] = {}


_waiting = _Waiting()


def write_afterwards(key: Hashable, write: Callable[[], object]) -> None:
    """Run `write` once the present transaction is over, however it ends; at once if there is none.

    Of several writes with one key the last one runs. An error of `write` is logged and never raised.
    """
    _waiting.writes[key] = write
    if not connection.in_atomic_block:
        run_waiting()


def run_waiting() -> None:
    """Run the waiting writes. Called at the end of each request, job and task."""
    writes, _waiting.writes = _waiting.writes, {}
    for write in writes.values():
        try:
            with transaction.atomic():
                write()
        except Exception:
            logger.exception("A note could not be written afterwards.")


def forget_waiting() -> None:
    """Drop the waiting writes; for tests."""
    _waiting.writes = {}
