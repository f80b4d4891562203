"""The time that a job may take: ended after it, whatever it is doing, and told so."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from types import FrameType

from django.utils.translation import gettext

# A job that swallows the first call is called again, every so many seconds.
AGAIN_SECONDS = 5


class TookTooLong(BaseException):
    """The job worked for longer than its kind may. Not an Exception, so that no handler of errors swallows it."""

    def __init__(self, limit: timedelta) -> None:
        super().__init__(limit)
        self.limit = limit

    def __str__(self) -> str:
        return gettext(
            "It took longer than its %(seconds)s s, the time limit of its kind, and was ended. Nothing of it was kept."
        ) % {"seconds": f"{self.limit.total_seconds():g}"}


@contextmanager
def time_limit(limit: timedelta) -> Iterator[None]:
    """Raise TookTooLong in the block once it has taken so long, be it in a loop, a call to a network, or asleep.

    By an alarm of the process, which Python knows in the main thread alone, that of a worker's process; in any other
    thread nothing is raised. A statement that runs in Postgres is ended by the statement's own time limit.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    is_armed = True

    def ring(number: int, frame: FrameType | None) -> None:
        if is_armed:
            raise TookTooLong(limit)

    before = signal.signal(signal.SIGALRM, ring)
    try:
        signal.setitimer(signal.ITIMER_REAL, limit.total_seconds(), AGAIN_SECONDS)
        yield
    finally:
        # An alarm may still come in between, once: the next one is seconds away.
        try:
            is_armed = False
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
