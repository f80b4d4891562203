"""Periodic task of closures, called by beat."""

from __future__ import annotations

import logging

from celery import shared_task
from django.utils import timezone

from billing.closures.held_up import due_through
from billing.closures.services import NothingToClose, close_days
from common.refusals import Refused

log = logging.getLogger(__name__)
# Days closed in one run, after a long time without a worker: the next run goes on.
AT_ONCE = 100


@shared_task(ignore_result=True)
def close_due_days() -> int:
    """Close the days that ended BOOKS_CLOSE_AFTER_DAYS days ago, and whole months and years; return the number of
    closures. None while something is missing or not sealed: it is tried again at the next run, and the
    start page of the administration tells of it after a day."""
    now = timezone.now()
    through = due_through(now)
    try:
        return len(close_days(through=through, now=now, at_most=AT_ONCE))
    except NothingToClose:
        return 0
    except Refused as refusal:
        log.warning("The books are not closed up to %s: %s", through, refusal.code)
        return 0
