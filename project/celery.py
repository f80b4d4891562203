"""The Celery application: the doorbell that tells workers to look at the outbox.

Nothing of value travels through Redis. After a lost message beat rings again, so publishing gives up quickly (see the
broker options in the settings) instead of holding a page.
"""

import logging
import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging, task_postrun, worker_init
from django.conf import settings
from django.urls import get_resolver
from django.utils import translation

from common.afterwards import run_waiting
from common.floors import rooms
from outbox.jobs.share import share
from project.database_limits import limit_database
from project.patches.kombu import EnduringAMQP

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings.production")

# Task names only, so that importing this module imports no app. Seconds.
BEAT_SCHEDULE: dict[str, dict] = {
    "run overdue jobs": {"task": "outbox.tasks.ring_overdue", "schedule": 1, "options": {"expires": 24 * 3600}},
    # What is older than its line in project/settings/retention.py; nothing else tidies.
    "tidy": {"task": "common.tasks.tidy", "schedule": 600},
    "watch the security log": {"task": "accounts.security_log.tasks.watch", "schedule": 60},
    "send reminders": {"task": "enrolments.reminders.tasks.send_reminders", "schedule": 3600},
    "lapse seats": {"task": "enrolments.seats.tasks.lapse_due_seats", "schedule": 60},
    "offer places": {"task": "enrolments.waiting.tasks.offer_due_places", "schedule": 10},
    "expire seats": {"task": "enrolments.seats.tasks.expire_due_seats", "schedule": 3600},
    "tell of used up seats": {"task": "enrolments.overview.tasks.tell_of_used_up_seats", "schedule": 600},
    "send weekly summaries": {"task": "accounts.members.notices.tasks.send_digests", "schedule": 60},
    "check entries": {"task": "catalog.tasks.recheck_entries", "schedule": 60},
    "release places of unproved orders": {
        "task": "shop.orders.tasks.release_places_of_unproved_orders",
        "schedule": 60,
    },
    "seal the ledger": {"task": "billing.ledger.tasks.seal_entries", "schedule": 60},
    "close the books": {"task": "billing.closures.tasks.close_due_days", "schedule": 3600},
    # What a release before the ledger recorded, and its processes still do while they run beside this one.
    "invoice after the service": {"task": "shop.papers.tasks.issue_invoices_after_service", "schedule": 3600},
    "remind of due parts": {"task": "shop.payments.due.tasks.remind_of_due_parts", "schedule": 3600},
    "mend requests": {"task": "shop.payments.requests.tasks.mend_requests", "schedule": 600},
    "post missing facts": {"task": "shop.postings.tasks.post_missing_facts", "schedule": 600},
    "ask payment providers": {"task": "shop.payments.attempts.tasks.ask_providers", "schedule": 60},
    "charge saved cards": {"task": "shop.payments.saved_cards.tasks.charge_saved_cards", "schedule": 600},
    "mend charge-backs": {"task": "shop.payments.charge_backs.tasks.mend_charge_backs", "schedule": 600},
    "look at payments again": {"task": "shop.payments.charge_backs.tasks.look_at_payments", "schedule": 600},
    "try keys of providers": {"task": "shop.payments.configured.tasks.try_keys_of_providers", "schedule": 12 * 3600},
    "send documents to platforms": {"task": "shop.papers.platforms.tasks.send_documents", "schedule": 300},
    "ask platforms": {"task": "shop.papers.platforms.tasks.ask_platforms", "schedule": 3600},
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


@worker_init.connect
def limit_waiting(**_options: Any) -> None:
    """Limit how long jobs wait for Postgres. Runs before the worker's processes are made."""
    limit_database(settings.JOB_LIMITS)


@worker_init.connect
def load_what_jobs_need(**_options: Any) -> None:
    """Load pages' addresses and texts, which mails name, before the worker's processes are made.

    Else each process loads them at its first mail: a third of a second of work, and many times that on a busy machine,
    by which the job of a killed process would be late.
    """
    get_resolver().url_patterns  # noqa: B018  # reading it imports them
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            pass  # activating it reads its texts


@task_postrun.connect
def write_what_waits(**_options: Any) -> None:
    """Write what must outlast a task's transactions, such as faults of handlers."""
    run_waiting()


@worker_init.connect
def keep_a_process_back(sender: Any, **_options: Any) -> None:
    """Keep one process of the worker for work in the database: calls outside may take the others."""
    # Not a number yet where Celery is to find one ("auto"): then one process calls outside.
    share.keep_one_back(processes=sender.concurrency if isinstance(sender.concurrency, int) else 2)
