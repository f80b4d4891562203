"""The Celery tasks: the doorbell's answer, and beat's round."""

from __future__ import annotations

from celery import shared_task

from outbox.jobs.doorbell import ring
from outbox.jobs.purging import purge_done_jobs
from outbox.jobs.running import run_due_jobs

# A worker that is told to stop finishes its task first, so no task goes on for ever.
JOBS_PER_TASK = 200


@shared_task(name="outbox.tasks.run_jobs", ignore_result=True)
def run_jobs() -> int:
    """Runs what is due; when there may be more, rings for another worker to go on."""
    count = run_due_jobs(limit=JOBS_PER_TASK)
    if count == JOBS_PER_TASK:
        ring()
    return count


@shared_task(name="outbox.tasks.ring_overdue", ignore_result=True)
def ring_overdue() -> int:
    """For beat, every few seconds: runs jobs whose ring was lost, and those whose back-off is over."""
    return run_jobs()


@shared_task(name="outbox.tasks.purge", ignore_result=True)
def purge() -> int:
    """For beat, once a day: forgets jobs done long ago."""
    return purge_done_jobs()
