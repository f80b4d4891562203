"""The doorbell: a message that tells a worker that a job is due, and nothing else.

A lost message costs a few seconds, until beat looks by itself; so nobody waits for Redis, and a process that rang in
vain leaves Redis alone for a while.
"""

from __future__ import annotations

import logging
import os
import time
from typing import Any

from celery import Celery, current_app
from django.db import transaction

logger = logging.getLogger(__name__)

TASK = "outbox.tasks.run_jobs"
# A worker judges the expiry by its own clock, and must answer even if that clock is wrong by a time zone; old messages
# cost next to nothing.
MESSAGE_EXPIRES = 24 * 3600
SILENCE_AFTER_FAILURE = 30
# One try of half a second: Celery's own connections try for many times that.
TIMEOUT = 0.5
TRANSPORT_OPTIONS = {
    "socket_timeout": TIMEOUT,
    "socket_connect_timeout": TIMEOUT,
    "connect_retries_timeout": TIMEOUT,
    "max_retries": 0,
    "health_check_interval": 0,
}
CONNECTIONS = 4


class Doorbell:
    """Doorbell of one process: its few connections to Redis, and its silence after a failure.

    Time is measured by the monotonic clock, so that setting the time of day changes nothing.
    """

    def __init__(self, app: Celery) -> None:
        self._app = app
        self._silent_until = 0.0
        self._pool: Any = None
        self._pool_pid = 0

    def ring(self) -> bool:
        """Send the message and tell whether it went out. Never raises, and takes half a second at most.

        For `SILENCE_AFTER_FAILURE` seconds after a failure nothing is sent.
        """
        if time.monotonic() < self._silent_until:
            return False
        try:
            self._send()
        except Exception as error:
            self._silent_until = time.monotonic() + SILENCE_AFTER_FAILURE
            logger.warning("The doorbell did not ring (%s); beat will start the jobs.", error)
            return False
        return True

    def _send(self) -> None:
        with (
            self._connections().acquire(block=True, timeout=TIMEOUT) as connection,
            self._app.amqp.Producer(connection, auto_declare=False) as producer,
        ):
            self._app.send_task(TASK, expires=MESSAGE_EXPIRES, retry=False, ignore_result=True, producer=producer)

    def _connections(self) -> Any:
        # A forked child must not write to its parent's sockets.
        if self._pool is None or self._pool_pid != os.getpid():
            connection = self._app.connection_for_write(connect_timeout=TIMEOUT, transport_options=TRANSPORT_OPTIONS)
            self._pool, self._pool_pid = connection.Pool(CONNECTIONS), os.getpid()
        return self._pool


_doorbell = Doorbell(current_app)


def ring() -> bool:
    """Ring this process's doorbell; see `Doorbell.ring`."""
    return _doorbell.ring()


def ring_on_commit() -> None:
    """Ring once when the present transaction commits, however often this is called in it.

    Outside a transaction, ring at once. A transaction that is rolled back rings nothing; a savepoint that is rolled
    back drops only the rings asked for inside of it.
    """
    # A waiting ring is dropped only together with a savepoint that is still open, and rolling that
    # back drops the caller's rows as well: so one waiting ring is always enough.
    waiting = transaction.get_connection().run_on_commit
    if not any(callback is _ring_after_commit for _savepoints, callback, _robust in waiting):
        transaction.on_commit(_ring_after_commit, robust=True)


def _ring_after_commit() -> None:
    ring()
