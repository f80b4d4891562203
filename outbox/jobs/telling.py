"""Outcomes of attempts, in words: one log line each, and the error kept with the job."""

from __future__ import annotations

import logging
import time

from django.utils.translation import gettext

from common import tracing
from common.database_errors import is_database_away
from outbox.errors import Final, Temporary
from outbox.jobs.models import Job
from outbox.jobs.time_limit import TookTooLong

job_log = logging.getLogger("outbox.jobs")

ERROR_LENGTH = 2000


class AttemptsUsedUp(Exception):
    """The process ended in the last attempt, without an error that names the reason."""

    def __str__(self) -> str:
        return gettext("The process that ran this job ended without an error of its own, each time or the last.")


def say(job: Job, outcome: str, began: float, *, failure: BaseException | None = None) -> None:
    """Write the line of an attempt, with the order that the job belongs to."""
    fields: dict[str, object] = {
        "job": job.key,
        "kind": job.kind,
        "outcome": outcome,
        "attempt": job.attempts,
        "duration_ms": round((time.monotonic() - began) * 1000),
    }
    if job.order_id is not None:
        fields["order"] = job.order_id
    if isinstance(failure, TookTooLong):
        fields["reason"] = f"took longer than its {failure.limit.total_seconds():g} s"
    tracing.tell(outcome=outcome, failed="" if failure is None else type(failure).__qualname__)
    job_log.info("Job %s: %s", job.key, outcome, extra={"fields": fields})


def describe(failure: BaseException) -> str:
    """Describe a failure for the admin. Without NULs, which Postgres does not store and a quoted cause may hold."""
    if is_database_away(failure):
        told = gettext(
            "The connection to the database was lost in the middle of the job, and nothing of it was kept. Either the "
            "database was away, or the job stood still for longer than its kind may (its time limit)."
        )
        return f"{type(failure).__name__}: {told}"
    said = str(failure).replace("\0", "")
    own_words = isinstance(failure, Temporary | Final | AttemptsUsedUp | TookTooLong)
    return (said if own_words else f"{type(failure).__name__}: {said}")[:ERROR_LENGTH]
