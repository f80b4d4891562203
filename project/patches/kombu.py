"""A connection to Redis that outlives it.

Reason: Kombu 5.7 ends a worker that holds messages when Redis goes (the channel is closed a second time over a
connection that is gone), and looks for a lost Redis less and less often. Ends with: a Kombu that closes a channel of a
lost connection quietly.
"""

from typing import Any

from celery.app.amqp import AMQP
from kombu import Connection

# Kombu waits longer after each failed attempt, up to half a minute: by then deliveries should be under way again.
LONGEST_WAIT_FOR_REDIS = 4


class EnduringConnection(Connection):
    """The connection of worker and beat, which outlive a Redis that goes and soon notice that it is back."""

    def ensure_connection(self, *args: Any, **options: Any) -> Connection:
        return super().ensure_connection(*args, **{"interval_max": LONGEST_WAIT_FOR_REDIS} | options)

    def channel(self) -> Any:
        """Return a channel that does not give back the messages a worker still holds when closing it: Redis may be
        gone, and then Kombu would end the worker, or keep the messages in a file. Beat rings again."""
        channel = super().channel()
        channel.do_restore = False
        return channel


class EnduringAMQP(AMQP):
    Connection = EnduringConnection
