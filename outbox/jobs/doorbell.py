"""The doorbell: tells a worker that there is something to do. It carries nothing else.

A message that is lost costs a few seconds, until beat looks by itself; so nobody waits for Redis, and
whoever rang in vain leaves it alone for a while.
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
# A worker judges it by its own clock, and one that is wrong by a time zone still has to answer; old messages cost next
# to nothing.
MESSAGE_EXPIRES = 24 * 3600
SILENCE_AFTER_FAILURE = 30
# One try, and half a second for it: Celery's own connections try for many times that.
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
    """One process's doorbell: its few connections to Redis, and whether it is keeping quiet.

    Time is measured by the monotonic clock, so that setting the time of day changes nothing.
    """

    def __init__(self, app: Celery) -> None:
        self._app = app
        self._silent_until = 0.0
        self._pool: Any = None
        self._pool_pid = 0

    def ring(self) -> bool:
        """Sends the message and tells whether it went out. Never raises, and takes half a second at most.

        After a failure it does not even try for `SILENCE_AFTER_FAILURE` seconds.
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
    """Rings this process's doorbell; see `Doorbell.ring`."""
    return _doorbell.ring()


def ring_on_commit() -> None:
    """Rings once when the present transaction commits, however often this is called in it.

    Outside a transaction it rings at once. When the transaction is rolled back nobody rings; when
    only a savepoint is, a ring asked for outside it stays.
    """
    # A waiting ring is dropped only together with a savepoint that is still open, and rolling that
    # back drops the caller's rows as well: so one waiting ring is always enough.
    waiting = transaction.get_connection().run_on_commit
    if not any(callback is _ring_after_commit for _savepoints, callback, _robust in waiting):
        transaction.on_commit(_ring_after_commit, robust=True)


def _ring_after_commit() -> None:
    ring()
