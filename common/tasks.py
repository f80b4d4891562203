"""The task of tidying, for beat."""

from __future__ import annotations

from celery import shared_task

from common.clock import database_now
from common.tidying import tidy_all


@shared_task(ignore_result=True)
def tidy() -> dict[str, int]:
    """Delete, for a while, what is older than RETENTION keeps it. For beat, every ten minutes."""
    return tidy_all(now=database_now())
