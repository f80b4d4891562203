"""Work on faults of handlers from time to time."""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task

from common.clock import database_now
from handlers.models import BrokenHook

KEPT = timedelta(days=90)


@shared_task(ignore_result=True)
def forget_old_faults() -> int:
    """Delete the faults that were not seen for 90 days. For beat, once a day."""
    return BrokenHook.objects.forget_before(database_now() - KEPT)
