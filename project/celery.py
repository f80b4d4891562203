"""The Celery application: the doorbell that tells workers to look at the outbox.

Nothing of value travels through Redis. After a lost message beat rings again, so publishing gives up quickly (see the
broker options in the settings) instead of holding a page.
"""

import logging
import os
from typing import Any

from celery import Celery
from celery.schedules import crontab
from celery.signals import setup_logging, task_postrun

from common.afterwards import run_waiting
from common.floors import rooms
from project.patches.kombu import EnduringAMQP

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings.production")

# Task names only, so that importing this module imports no app. Seconds, or a time of day (UTC): beat remembers
# nothing over a restart, so an interval of a day would never come round where beat starts anew each day.
BEAT_SCHEDULE: dict[str, dict] = {
    "run overdue jobs": {"task": "outbox.tasks.ring_overdue", "schedule": 5, "options": {"expires": 24 * 3600}},
    "forget old jobs": {"task": "outbox.tasks.purge", "schedule": crontab(hour="3", minute="17")},
    "forget old attempts": {
        "task": "accounts.rate_limits.tasks.forget_old_attempts",
        "schedule": crontab(hour="3", minute="27"),
    },
    "forget old faults": {"task": "handlers.tasks.forget_old_faults", "schedule": crontab(hour="3", minute="47")},
    "expire seats": {"task": "enrolments.seats.tasks.expire_due_seats", "schedule": 3600},
    "forget blank units": {
        "task": "shop.orders.tasks.delete_blank_unit_rows",
        "schedule": crontab(hour="3", minute="37"),
    },
    "check entries": {"task": "catalog.tasks.recheck_entries", "schedule": 60},
    "release places of unproved orders": {
        "task": "shop.orders.tasks.release_places_of_unproved_orders",
        "schedule": 60,
    },
    "expire unpaid orders": {"task": "shop.orders.tasks.expire_unpaid_orders", "schedule": 60},
}

app = Celery("amphi", amqp=EnduringAMQP)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.beat_schedule = BEAT_SCHEDULE
app.autodiscover_tasks(lambda: list(rooms()))


@setup_logging.connect
def keep_logging(loglevel: int | None = None, **_options: Any) -> None:
    """Log from workers and beat by the settings, in place of Celery's own way; `--loglevel` still sets the level."""
    if loglevel is not None:
        logging.getLogger().setLevel(loglevel)


@task_postrun.connect
def write_what_waits(**_options: Any) -> None:
    """Write what must outlast a task's transactions, such as faults of handlers."""
    run_waiting()
