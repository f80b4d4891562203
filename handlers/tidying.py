"""Deletion of faults of handlers that were not seen for long."""

from __future__ import annotations

from datetime import datetime

from common.tidying import delete_batch, tidies
from handlers.models import BrokenHook


@tidies("faults", "handlers_brokenhook")
def faults(before: datetime, limit: int) -> int:
    return delete_batch(BrokenHook.objects.filter(last_seen_at__lt=before).order_by("last_seen_at"), limit)
