"""Deletion of old acts on many seats; the seats and their history stay."""

from __future__ import annotations

from datetime import datetime

from common.tidying import delete_batch, tidies
from enrolments.runs.models import Run


# A run has up to 5,000 rows.
@tidies("runs", "enrolments_run", "enrolments_runrow", batch=10)
def runs(before: datetime, limit: int) -> int:
    """Delete runs that are over, with their rows."""
    over = Run.objects.filter(made_at__lt=before).exclude(state=Run.State.RUNNING)
    return delete_batch(over.order_by("made_at"), limit)
