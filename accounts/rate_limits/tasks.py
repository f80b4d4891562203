"""What beat calls from time to time."""

from __future__ import annotations

from celery import shared_task

from accounts.rate_limits.services import forget_attempts
from common.clock import database_now


@shared_task(ignore_result=True)
def forget_old_attempts() -> int:
    """For beat, once a day: counts of attempts, and what has run out in the cache, where allauth keeps its own."""
    return forget_attempts(now=database_now())
