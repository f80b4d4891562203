"""Deletion of places in waiting lists that ended long ago."""

from __future__ import annotations

from datetime import datetime

from common.tidying import delete_batch, tidies
from enrolments.waiting.models import WaitingPlace


@tidies("waiting_places", "enrolments_waitingplace")
def waiting_places(before: datetime, limit: int) -> int:
    """Delete places that were taken, declined, left or lapsed before a moment; enrolments and seats stay."""
    return delete_batch(WaitingPlace.objects.filter(ended_at__lt=before).order_by("ended_at"), limit)
