"""Forgetting what was done long ago, so that the table of jobs stays small."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db.models.functions import Now

from outbox.jobs.models import Job

KEEP_DAYS = 90


def purge_done_jobs() -> int:
    """Deletes jobs done more than OUTBOX_KEEP_DAYS (90) days ago and returns how many; dead ones stay.

    From then on their keys are free: who enqueues the same key later than that must know by his own
    rows that the thing was done.
    """
    days = getattr(settings, "OUTBOX_KEEP_DAYS", KEEP_DAYS)
    return Job.objects.filter(state=Job.State.DONE, finished_at__lt=Now() - timedelta(days=days)).delete()[0]
