"""The doorbell: tells a worker that there is something to do. It carries nothing else.

A message that is lost costs a few seconds, until beat rings again; so nobody waits for Redis, and
whoever rang in vain leaves it alone for a while.
"""

from __future__ import annotations

import logging
import time

from celery import current_app
from django.db import transaction

logger = logging.getLogger(__name__)

TASK = "outbox.tasks.run_jobs"
MESSAGE_EXPIRES = 60
SILENCE_AFTER_FAILURE = 30

# When this process may ring again, by its monotonic clock: setting the time of day changes nothing.
_silent_until = 0.0


def ring_on_commit() -> None:
    """Rings once when the present transaction commits, however often this is called in it.

    Outside a transaction it rings at once. When the transaction is rolled back nobody rings; when
    only a savepoint is, a ring asked for before it stays.
    """
    # A waiting ring is dropped only with a savepoint that is still open, and that one would drop
    # the caller's rows as well: so one waiting ring is always enough.
    waiting = transaction.get_connection().run_on_commit
    if not any(callback is _ring_after_commit for _savepoints, callback, _robust in waiting):
        transaction.on_commit(_ring_after_commit, robust=True)


def ring() -> bool:
    """Sends the message and tells whether it went out. Never raises, and never takes long.

    After a failure this process does not try again for `SILENCE_AFTER_FAILURE` seconds.
    """
    global _silent_until
    if time.monotonic() < _silent_until:
        return False
    try:
        current_app.send_task(TASK, expires=MESSAGE_EXPIRES, retry=False, ignore_result=True)
    except Exception as error:
        _silent_until = time.monotonic() + SILENCE_AFTER_FAILURE
        logger.warning("The doorbell did not ring (%s); beat will start the jobs.", error)
        return False
    return True


def _ring_after_commit() -> None:
    ring()
