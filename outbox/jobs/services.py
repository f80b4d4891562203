"""Recording jobs, and bringing them back. Running them is in `running.py`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from common import tracing
from common.numbers import in_number_order
from common.plain_inserts import insert_rows
from outbox.errors import DismissalRefused, JobKeyTaken, RetryRefused
from outbox.jobs.doorbell import ring_on_commit
from outbox.jobs.models import PARENT, Job
from outbox.jobs.registry import JOB_KINDS


@dataclass(frozen=True, kw_only=True)
class NewJob:
    """A job to record. `key` names the thing to do, so that recording it twice changes nothing.

    With `order_id` the job is listed on the page of that order, with its state and its last error. Without an `urgency`
    it has that of its kind.
    """

    kind: str
    key: str
    payload: dict[str, Any] = field(default_factory=dict)
    account_id: int | None = None
    order_id: int | None = None
    due_at: datetime | None = None
    urgency: Job.Urgency | None = None


def enqueue(
    *,
    kind: str,
    key: str,
    payload: dict[str, Any] | None = None,
    account_id: int | None = None,
    order_id: int | None = None,
    due_at: datetime | None = None,
) -> Job:
    """Record a job in the caller's transaction and ring when that commits. Returns the job's row.

    A key that is already there is left as it is, whatever its state: the existing job is returned.
    Without `due_at` the job is due at once. Raises Unregistered, and JobKeyTaken when the key
    belongs to a job of another kind.
    """
    job = NewJob(kind=kind, key=key, payload=payload or {}, account_id=account_id, order_id=order_id, due_at=due_at)
    enqueue_many([job])
    recorded = Job.objects.get(key=key)
    if recorded.kind != kind:
        raise JobKeyTaken(f"The key {key!r} belongs to a job of kind {recorded.kind!r}, not {kind!r}.")
    return recorded


def enqueue_many(jobs: Iterable[NewJob]) -> None:
    """Record jobs in the caller's transaction, in one statement; keys already there are left alone.

    Rows are inserted in the order of their keys, in which 9 stands before 10, so that two transactions recording the
    same jobs wait for each other instead of deadlocking. Raises Unregistered.
    """
    rows = [_row(job) for job in sorted(jobs, key=lambda job: in_number_order(job.key))]
    if not rows:
        return
    insert_rows(rows, ignore_conflicts=True)
    ring_on_commit()


def retry_job(*, job_id: int, now: datetime, actor_id: int | None = None) -> Job:
    """Make a dead or waiting job due at once, with all its attempts before it. Returns the job's row.

    `actor_id` is the user who asked, None where nobody did. Locks the job; a caller that also needs the order's lock
    takes the job's first. The kind's `on_retry` runs in the same transaction. Raises RetryRefused with a message for
    the person who asked, and Job.DoesNotExist.
    """
    with transaction.atomic():
        job = Job.objects.select_for_update(no_key=True, skip_locked=True).filter(pk=job_id).first()
        if job is None:
            # Locked or gone; a job that is being run is locked, and waiting for it could take long.
            Job.objects.get(pk=job_id)
            raise RetryRefused(_("This job is running right now. Look again in a moment."))
        _refuse_unless_retryable(job)
        kind = JOB_KINDS.get(job.kind)
        if kind.on_retry is not None:
            kind.on_retry(job, actor_id, now)
        # Due by the database's clock, not by the caller's.
        Job.objects.filter(pk=job.pk).update(
            state=Job.State.PENDING, attempts=0, max_attempts=kind.max_attempts, due_at=Now(), lease=None,
            last_error="", finished_at=None,
        )  # fmt: skip
        ring_on_commit()
    job.refresh_from_db()
    return job


@transaction.atomic
def dismiss_job(*, job_id: int, reason: str, actor_id: int | None) -> Job:
    """Take a dead job off the list of jobs that gave up, with the reason. Returns the job's row.

    `actor_id` is the user who asked, None where the shop itself has dealt with it. The job can still be run again.
    Locks the job. Raises DismissalRefused, and Job.DoesNotExist.
    """
    job = Job.objects.select_for_update(no_key=True).get(pk=job_id)
    if job.state != Job.State.DEAD:
        raise DismissalRefused(_("Only a job that gave up can be dismissed."))
    if not reason.strip():
        raise DismissalRefused(_("Say why this job needs nothing more."))
    if Job.objects.dismissed().filter(pk=job.pk).exists():
        raise DismissalRefused(_("This job was dismissed already."))
    dismiss_dead_jobs(keys=[job.key], reason=reason, actor_id=actor_id)
    job.refresh_from_db()
    return job


def dismiss_dead_jobs(*, keys: Iterable[str], reason: str, actor_id: int | None) -> int:
    """Dismiss those of the jobs that gave up; return their number. Any others are left alone."""
    # By the database's clock, like the time of the job's end.
    return (
        Job.objects.given_up()
        .filter(key__in=list(keys))
        .update(dismissed_at=Now(), dismissed_by_id=actor_id, dismissed_reason=reason.strip()[: Job.DISMISSAL_LENGTH])
    )


def _refuse_unless_retryable(job: Job) -> None:
    if job.state == Job.State.DONE:
        raise RetryRefused(_("This job is done; there is nothing to run again."))
    if job.lease is not None and not Job.objects.due().filter(pk=job.pk).exists():
        raise RetryRefused(_("This job is running right now. Look again in a moment."))


def traced(payload: dict[str, Any]) -> dict[str, Any]:
    """Return a job's payload with the step that recorded it, under which the job goes on; as it is where nothing is
    traced."""
    parent = tracing.parent()
    return {**payload, PARENT: parent} if parent else payload


def _row(job: NewJob) -> Job:
    kind = JOB_KINDS.get(job.kind)
    row = Job(
        kind=job.kind,
        key=job.key,
        payload=traced(job.payload),
        account_id=job.account_id,
        order_id=job.order_id,
        urgency=kind.urgency if job.urgency is None else job.urgency,
        max_attempts=kind.max_attempts,
    )
    if job.due_at is not None:
        row.due_at = job.due_at
    return row
