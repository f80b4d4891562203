"""Django's engine for Postgres. The names of this module and of its class are Django's."""

from __future__ import annotations

import select
import time

from django.db.backends.postgresql import base

# For how long the server's own answer stands.
ASK_AGAIN_AFTER_SECONDS = 1.0


class DatabaseWrapper(base.DatabaseWrapper):
    """Tells a lost connection by its socket; the server itself is asked (`SELECT 1`) once a second at most.

    Django looks before the first query of each request (CONN_HEALTH_CHECKS), and a question is a round trip. A server
    that ended has closed the socket, and one that ended a session has said so on it: either can be read there. Only a
    server that vanished without a word, machine and all, is found by asking.
    """

    _answered_at = 0.0

    def is_usable(self) -> bool:
        if self.connection is None or self.connection.closed:
            return False
        has_answered_lately = time.monotonic() - self._answered_at < ASK_AGAIN_AFTER_SECONDS
        if has_answered_lately and not self.errors_occurred:
            return not _can_be_read(self.connection.fileno())
        is_usable: bool = super().is_usable()
        self._answered_at = time.monotonic() if is_usable else 0.0
        return is_usable


def _can_be_read(socket: int) -> bool:
    """Unasked, a server speaks to take leave, and a closed socket can be read as well."""
    poll = select.poll()
    poll.register(socket, select.POLLIN)
    return bool(poll.poll(0))
