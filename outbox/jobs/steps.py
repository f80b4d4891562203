"""Long work on one row, done in steps: each is a job of its own that commits its result and records the next one.

A step that is killed leaves nothing behind and runs again, so nothing is done twice.
"""

from __future__ import annotations

from datetime import datetime

from outbox.jobs.models import Job
from outbox.jobs.services import enqueue


def record_first_step(
    *, kind: str, subject: str, subject_id: int, account_id: int | None = None, version: int = 1
) -> None:
    """Record the job of the first step; the row's key stands in its payload as `subject`.

    A row that begins anew has another `version` each time. Recorded in the caller's transaction.
    """
    _record(kind, f"{kind}:{subject_id}:{version}", {subject: subject_id}, 0, account_id)


def record_next_step(job: Job, *, subject: str, due_at: datetime | None = None, **more: int) -> None:
    """Record the step after the one that a job does, due at once unless told; `more` is told to it by its payload."""
    begin, _colon, step = job.key.rpartition(":")
    _record(job.kind, begin, {subject: job.payload[subject]} | more, int(step) + 1, job.account_id, due_at)


def _record(
    kind: str,
    begin: str,
    payload: dict[str, int],
    step: int,
    account_id: int | None,
    due_at: datetime | None = None,
) -> None:
    enqueue(
        kind=kind,
        key=f"{begin}:{step}",
        payload={"step": step} | payload,
        account_id=account_id,
        due_at=due_at,
    )
