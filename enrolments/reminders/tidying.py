"""Deletion of reminders of dates that have passed."""

from __future__ import annotations

from datetime import datetime

from common.tidying import delete_batch, tidies
from enrolments.reminders.models import Reminder


@tidies("reminders", "enrolments_reminder")
def reminders(before: datetime, limit: int) -> int:
    """Delete reminders whose date passed before a moment: they are told no more, nor looked up."""
    return delete_batch(Reminder.objects.filter(ends_at__lt=before).order_by("ends_at"), limit)
