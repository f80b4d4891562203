"""Waiting for Postgres comes to an end, also when Postgres says nothing at all.

Postgres's own limits (`statement_timeout`, `lock_timeout`) need a server that lives. One that was stopped keeps its
connections: the kernel goes on acknowledging what is sent to it, so no limit of TCP helps either. Here the client looks
at the clock. A connection that was waited for in vain is closed by the driver.
"""

from __future__ import annotations

import select
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg2
from psycopg2 import extensions

# While new connections get no answer, others are refused at once for so long: threads stay free for what needs no
# database.
REFUSED_SECONDS = 2.0


class DatabaseSilent(psycopg2.OperationalError):
    """Postgres did not answer in time."""


class _Deadline(threading.local):
    at: float | None = None


class _Waiting:
    """Limits of this process, in seconds; None waits for ever. `refused_until` is a time of `time.monotonic()`."""

    connecting: float | None = None
    answer: float | None = None
    refused_until: float = 0.0


_deadline = _Deadline()
_waiting = _Waiting()


def end_waiting(*, connecting: float | None, answer: float | None) -> None:
    """Let this process wait so many seconds at most for a connection, and for the answer to one statement."""
    _waiting.connecting, _waiting.answer, _waiting.refused_until = connecting, answer, 0.0
    extensions.set_wait_callback(_wait)


def wait_for_ever() -> None:
    """Undo `end_waiting`."""
    extensions.set_wait_callback(None)


@contextmanager
def database_deadline(seconds: float | None) -> Iterator[None]:
    """End all waiting for Postgres within the block after so many seconds; an earlier deadline around it stays.

    Holds for this thread, in a process that called `end_waiting`.
    """
    before = _deadline.at
    if seconds is not None:
        at = time.monotonic() + seconds
        _deadline.at = at if before is None else min(before, at)
    try:
        yield
    finally:
        _deadline.at = before


def _wait(connection: Any) -> None:
    """Wait until the driver has what it waits for. Called by the driver for each connection, statement and commit."""
    now = time.monotonic()
    is_new = connection.status == extensions.STATUS_SETUP
    if is_new and now < _waiting.refused_until:
        raise DatabaseSilent("Postgres did not answer a moment ago.")
    limit = _waiting.connecting if is_new else _waiting.answer
    silent_at = None if limit is None else now + limit
    while (state := connection.poll()) != extensions.POLL_OK:
        ends = [at for at in (silent_at, _deadline.at) if at is not None]
        if not _is_ready(connection.fileno(), state, min(ends) if ends else None):
            if silent_at is not None and time.monotonic() >= silent_at:
                _waiting.refused_until = time.monotonic() + REFUSED_SECONDS
            raise DatabaseSilent("Postgres did not answer in time.")


def _is_ready(file: int, state: int, until: float | None) -> bool:
    """Wait for the socket; False once the time is over."""
    poller = select.poll()
    poller.register(file, select.POLLIN if state == extensions.POLL_READ else select.POLLOUT)
    if until is None:
        return bool(poller.poll())
    left = until - time.monotonic()
    return left > 0 and bool(poller.poll(left * 1000 + 1))
