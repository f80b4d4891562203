"""Deletion of jobs done long ago, so that the table of jobs stays small."""

from __future__ import annotations

from datetime import datetime

from common.tidying import delete_batch, tidies
from outbox.jobs.models import Job


@tidies("jobs", "outbox_job")
def jobs(before: datetime, limit: int) -> int:
    """Delete jobs done before a moment; dead jobs stay.

    From then on the jobs' keys are free: code that may enqueue a key later than that must know by rows of its own that
    the job was done.
    """
    return delete_batch(Job.objects.filter(state=Job.State.DONE, finished_at__lt=before).order_by("finished_at"), limit)
