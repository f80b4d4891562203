"""Tasks of rate limits for beat."""

from __future__ import annotations

from celery import shared_task

from accounts.rate_limits.services import forget_attempts
from common.clock import database_now


@shared_task(ignore_result=True)
def forget_old_attempts() -> int:
    """Delete old counts of attempts and expired rows of the cache, in which allauth keeps its own counts. For beat,
    once a day."""
    return forget_attempts(now=database_now())
