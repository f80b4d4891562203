"""Celery tasks: the one a ring starts, and those of beat."""

from __future__ import annotations

import time

from celery import shared_task

from outbox.jobs.doorbell import ring
from outbox.jobs.running import run_due_jobs

# A worker that is told to stop finishes its task first, so no task goes on for ever.
JOBS_PER_TASK = 200
SECONDS_PER_TASK = 20


@shared_task(name="outbox.tasks.run_jobs", ignore_result=True)
def run_jobs() -> int:
    """Run due jobs; when more may be due, ring for another worker to go on."""
    began = time.monotonic()
    count = run_due_jobs(limit=JOBS_PER_TASK, seconds=SECONDS_PER_TASK)
    if count == JOBS_PER_TASK or time.monotonic() - began >= SECONDS_PER_TASK:
        ring()
    return count


@shared_task(name="outbox.tasks.ring_overdue", ignore_result=True)
def ring_overdue() -> int:
    """Run due jobs whose ring was lost or whose back-off is over. For beat, every second."""
    return run_jobs()
