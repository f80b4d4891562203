"""The Celery application: the doorbell that tells workers to look at the outbox.

Nothing of value travels through Redis. A message lost is rung again by beat, so publishing gives up
quickly (see the broker options in the settings) instead of holding a page.
"""

import logging
import os
from contextlib import suppress
from typing import Any

from celery import Celery
from celery.app.amqp import AMQP
from celery.schedules import crontab
from celery.signals import setup_logging
from kombu import Connection
from kombu.transport import redis, virtual

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings.production")

# Task names only, so that importing this module imports no app. Seconds, or a time of day (UTC): beat remembers
# nothing over a restart, so an interval of a day would never come round where beat starts anew each day.
BEAT_SCHEDULE: dict[str, dict] = {
    "run overdue jobs": {"task": "outbox.tasks.ring_overdue", "schedule": 5, "options": {"expires": 24 * 3600}},
    "forget old jobs": {"task": "outbox.tasks.purge", "schedule": crontab(hour="3", minute="17")},
    "forget old attempts": {"task": "accounts.tasks.forget_old_attempts", "schedule": crontab(hour="3", minute="27")},
    "expire seats": {"task": "enrolments.tasks.expire_due_seats", "schedule": 3600},
    "expire unpaid orders": {"task": "shop.tasks.expire_unpaid_orders", "schedule": 60},
}

# Kombu waits longer after each look in vain, up to half a minute: by then deliveries should be under way again.
LONGEST_WAIT_FOR_REDIS = 4


class EnduringQoS(redis.QoS):
    """What a worker remembers of the messages it holds: it takes no further ones beyond its number.

    Kombu goes on holding a message whose acknowledgement did not reach Redis. As many of them as the worker has
    processes, and it would never take one again. What stays behind in Redis rings once more after an hour.
    """

    def ack(self, delivery_tag: str) -> None:
        try:
            super().ack(delivery_tag)
        except Exception:
            virtual.QoS.ack(self, delivery_tag)
            raise

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:
        try:
            super().reject(delivery_tag, requeue=requeue)
        except Exception:
            virtual.QoS.ack(self, delivery_tag)
            raise


class EnduringChannel(redis.Channel):
    QoS = EnduringQoS


class EnduringTransport(redis.Transport):
    Channel = EnduringChannel


class EnduringConnection(Connection):
    """The connection of worker and beat, which outlive a Redis that goes and soon notice that it is back."""

    def ensure_connection(self, *args: Any, **options: Any) -> Connection:
        return super().ensure_connection(*args, **{"interval_max": LONGEST_WAIT_FOR_REDIS} | options)

    def get_transport_cls(self) -> type[EnduringTransport]:
        return EnduringTransport

    def maybe_close_channel(self, channel: Any) -> None:
        """A channel closed for the second time wants to give back the messages it still held, over the connection it
        lost the first time; Kombu forgives errors of a connection here, but not that there is none."""
        with suppress(AttributeError):
            super().maybe_close_channel(channel)


class EnduringAMQP(AMQP):
    Connection = EnduringConnection


app = Celery("amphi", amqp=EnduringAMQP)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.beat_schedule = BEAT_SCHEDULE
app.autodiscover_tasks()


@setup_logging.connect
def keep_logging(loglevel: int | None = None, **_options: Any) -> None:
    """Workers and beat log as the settings say, in place of Celery's own way; `--loglevel` still sets the level."""
    if loglevel is not None:
        logging.getLogger().setLevel(loglevel)
