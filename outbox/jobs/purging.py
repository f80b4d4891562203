"""Deletion of jobs done long ago, so that the table of jobs stays small."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db.models.functions import Now

from outbox.jobs.models import Job

KEEP_DAYS = 90


def purge_done_jobs() -> int:
    """Delete jobs done more than OUTBOX_KEEP_DAYS (90) days ago and return their number; dead jobs stay.

    From then on the jobs' keys are free: code that may enqueue a key later than that must know by rows of its own that
    the job was done.
    """
    days = getattr(settings, "OUTBOX_KEEP_DAYS", KEEP_DAYS)
    return Job.objects.filter(state=Job.State.DONE, finished_at__lt=Now() - timedelta(days=days)).delete()[0]
