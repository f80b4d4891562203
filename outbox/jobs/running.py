"""Running due jobs: two transactions each, by the database's clock.

The first claims the job, counts the attempt and commits, so that a job that kills its process every time comes to an
end. The second locks the row again, works, and marks the job done: a worker killed in that transaction leaves nothing
behind, its lock ends, and the job is due again after the grace. While the worker lives, all other workers pass over the
locked row, however long the work takes.
"""

from __future__ import annotations

import logging
import time
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import OperationalError, connection, transaction
from django.db.models import Func, TextField, Value
from django.db.models.functions import Now
from django.utils.translation import gettext

from common.afterwards import run_waiting
from common.database_errors import is_database_away, is_database_busy, is_deadlock
from common.registry import Unregistered
from outbox.errors import Final, Temporary
from outbox.jobs.models import Job, JobQuerySet
from outbox.jobs.registry import JOB_KINDS, JobKind

logger = logging.getLogger(__name__)
# One line for each attempt, however it ended.
job_log = logging.getLogger("outbox.jobs")

# The time a claimed job is left to its claimer before another worker may claim it.
GRACE = timedelta(seconds=10)
# Grace of a job that only waits to be marked dead: if even that kills processes, few of them.
BURIAL_GRACE = timedelta(minutes=5)
FIRST_BACKOFF = timedelta(seconds=10)
LONGEST_BACKOFF = timedelta(hours=1)
ERROR_LENGTH = 2000


class AttemptsUsedUp(Exception):
    """The process ended in the last attempt, without an error that names the reason."""

    def __str__(self) -> str:
        return gettext("The process that ran this job ended without an error of its own, each time or the last.")


@dataclass(frozen=True)
class Claim:
    """A job claimed by this worker, while the job's row carries `job.lease`.

    `now` is the database's time of the claim; `exhausted` says that no attempt is left.
    """

    job: Job
    now: datetime
    exhausted: bool


def run_due_jobs(*, limit: int | None = None) -> int:
    """Claim and run due jobs until none is due, or `limit` were run. Returns the number of jobs run.

    Safe to call from any number of processes at once. Errors of a job are recorded with the job, never raised here.
    Refuses (RuntimeError) to work inside a transaction.
    """
    count = 0
    while limit is None or count < limit:
        claim = _claim()
        if claim is None:
            break
        _run_and_note(claim)
        count += 1
    return count


def backoff(attempts: int) -> timedelta:
    """Return the wait after a job's `attempts`-th attempt: doubled each time, an hour at most."""
    return min(FIRST_BACKOFF * 2 ** min(attempts - 1, 20), LONGEST_BACKOFF)


def _claim() -> Claim | None:
    """Claim the due job that has waited longest and count the attempt. None when no unlocked job is due."""
    with transaction.atomic(durable=True):
        free = Job.objects.due().select_for_update(no_key=True, skip_locked=True)
        job = free.annotate(claimed_at=Now()).first()
        if job is None:
            return None
        exhausted = job.attempts >= job.max_attempts
        job.attempts += 0 if exhausted else 1
        job.lease = uuid.uuid4()
        Job.objects.filter(pk=job.pk).update(
            attempts=job.attempts, lease=job.lease, due_at=Now() + (BURIAL_GRACE if exhausted else GRACE)
        )
    return Claim(job, now=job.claimed_at, exhausted=exhausted)


def _work(claim: Claim) -> None:
    job = claim.job
    began = time.monotonic()
    try:
        is_done = _attempt(claim)
        _say(job, "done" if is_done else "left to another worker", began)
        return
    except Exception as error:
        failure = error
    # After a lost connection the failure is recorded over a new one. (Tests run all this in a transaction of theirs.)
    if not connection.in_atomic_block:
        connection.close_if_unusable_or_obsolete()
    _log(job, failure)
    wait = _wait_after(failure, attempts=job.attempts)
    if isinstance(failure, Final | AttemptsUsedUp) or job.attempts >= job.max_attempts:
        try:
            _bury(claim, failure)
            _say(job, "dead", began)
            return
        except Exception as error:
            logger.exception("Job %s could not be marked dead.", job.key)
            failure, wait = error, LONGEST_BACKOFF
    _put_off(job, failure, wait)
    _say(job, "put off", began)


def _run_and_note(claim: Claim) -> None:
    """Work on a job; then write what must be known of it even if its work was undone."""
    try:
        _work(claim)
    finally:
        run_waiting()


def _wait_after(failure: Exception, *, attempts: int) -> timedelta:
    """Return the wait before the next attempt. Troubles of the database are soon over and no fault of the job: the wait
    after them does not grow."""
    if is_database_away(failure) or is_database_busy(failure) or is_deadlock(failure):
        return FIRST_BACKOFF
    return backoff(attempts)


def _attempt(claim: Claim) -> bool:
    """Run the job. False when another worker has taken the job over."""
    if claim.exhausted:
        raise AttemptsUsedUp
    kind = JOB_KINDS.get(claim.job.kind)
    with transaction.atomic(durable=True):
        job = _lock(claim.job, longest_silence=kind.longest_silence)
        if job is not None:
            kind.run(job, claim.now)
            _mark_done(job)
    return job is not None


def _bury(claim: Claim, failure: Exception) -> None:
    """Mark the job dead and run the kind's `on_dead`, in one transaction."""
    with transaction.atomic(durable=True):
        job = _lock(claim.job)
        if job is None:
            return
        job.last_error = _describe(failure)
        kind = _kind_or_none(job)
        if kind is not None and kind.on_dead is not None:
            kind.on_dead(job, claim.now)
        _holding_lease(job).update(
            state=Job.State.DEAD, finished_at=Now(), lease=None, last_error=job.last_error
        )  # fmt: skip


def _put_off(job: Job, failure: Exception, wait: timedelta) -> None:
    _holding_lease(job).update(due_at=Now() + wait, lease=None, last_error=_describe(failure))


def _lock(job: Job, *, longest_silence: timedelta | None = None) -> Job | None:
    """Lock and return the job's row; None when the job is no longer this worker's.

    Waits instead of passing over a locked row: a rival that looked just before the claim was committed locks the row
    too, sees then that it is taken, and keeps the lock until its own claim ends. While waiting, this transaction holds
    no other lock. After `longest_silence` Postgres ends the transaction: pages wait for its locks.
    """
    rows = _holding_lease(job).select_for_update(no_key=True)
    if longest_silence is not None:
        milliseconds = str(round(longest_silence.total_seconds() * 1000))
        timeout = Value("idle_in_transaction_session_timeout")
        rows = rows.annotate(
            cut_off_after=Func(
                timeout, Value(milliseconds), Value(True), function="set_config", output_field=TextField()
            )
        )
    return rows.first()


def _mark_done(job: Job) -> None:
    _holding_lease(job).update(state=Job.State.DONE, finished_at=Now(), lease=None, last_error="")


def _holding_lease(job: Job) -> JobQuerySet:
    return Job.objects.pending().filter(pk=job.pk, lease=job.lease)


def _kind_or_none(job: Job) -> JobKind | None:
    try:
        return JOB_KINDS.get(job.kind)
    except Unregistered:
        return None


def _log(job: Job, failure: Exception) -> None:
    """Log the failure: an expected one in a line, any other (a fault of ours) with its trace."""
    expected = isinstance(failure, Temporary | Final | OperationalError)
    logger.log(
        logging.WARNING if expected else logging.ERROR,
        "Job %s failed in attempt %s of %s: %s",
        job.key,
        job.attempts,
        job.max_attempts,
        failure,
        exc_info=None if expected else failure,
    )


def _say(job: Job, outcome: str, began: float) -> None:
    fields = {
        "job": job.key,
        "kind": job.kind,
        "outcome": outcome,
        "attempt": job.attempts,
        "duration_ms": round((time.monotonic() - began) * 1000),
    }
    job_log.info("Job %s: %s", job.key, outcome, extra={"fields": fields})


def _describe(failure: Exception) -> str:
    """Describe a failure for the admin. Without NULs, which Postgres does not store and a quoted cause may hold."""
    if is_database_away(failure):
        told = gettext(
            "The connection to the database was lost in the middle of the job, and nothing of it was kept. Either the "
            "database was away, or the job stood still for longer than its kind may (its time limit)."
        )
        return f"{type(failure).__name__}: {told}"
    said = str(failure).replace("\0", "")
    text = said if isinstance(failure, Temporary | Final | AttemptsUsedUp) else f"{type(failure).__name__}: {said}"
    return text[:ERROR_LENGTH]
