"""Running due jobs: two transactions each, by the database's clock.

The first claims the job, counts the attempt and commits, so that a job that kills its process every time comes to an
end. The second locks the row again, works, and marks the job done: a worker killed in that transaction leaves nothing
behind, its lock ends, and the job is due again after the grace. While the worker lives, all other workers pass over the
locked row, however long the work takes.

Nothing runs twice, however short the grace. Within the second transaction the row's lock tells that the worker lives,
and the grace is of no meaning. Between the two transactions nothing is locked: there a rival may claim a job whose
worker is only slow, but writes another lease, and the late one finds its own lease gone and leaves the job alone. All
that a grace too short can cost is the late worker's attempt.
"""

from __future__ import annotations

import logging
import time
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import OperationalError, connection, transaction
from django.db.models import F, Func, TextField, Value
from django.db.models.functions import Now

from common import tracing
from common.afterwards import run_waiting
from common.database_errors import is_database_away, is_database_busy, is_deadlock
from common.registry import Unregistered
from outbox.errors import Final, ServiceAway, Temporary
from outbox.jobs import breaker
from outbox.jobs.claiming import lock_next
from outbox.jobs.models import PARENT, Job, JobQuerySet
from outbox.jobs.registry import JOB_KINDS, JobKind, kinds_of_service, kinds_with_io
from outbox.jobs.share import share
from outbox.jobs.telling import AttemptsUsedUp, describe, say
from outbox.jobs.time_limit import TookTooLong, time_limit

logger = logging.getLogger(__name__)

# The time a claimed job is left to its claimer before another worker may claim it. With the time between two rings of
# beat, a killed worker's job is under way again within five seconds.
GRACE = timedelta(seconds=2)
# Grace of a job that only waits to be marked dead: if even that kills processes, few of them.
BURIAL_GRACE = timedelta(minutes=5)
FIRST_BACKOFF = timedelta(seconds=10)
LONGEST_BACKOFF = timedelta(hours=1)
# Age up to which a job that names something unknown here, its kind or that of its mail, is left to other workers: while
# two releases run side by side, theirs is the newer one.
LEFT_TO_NEWER_RELEASES = timedelta(days=1)


@dataclass(frozen=True)
class Claim:
    """A job claimed by this worker, while the job's row carries `job.lease`.

    `now` is the database's time of the claim; `exhausted` says that no attempt is left, `is_trial` that this job alone
    tries whether its service answers again.
    """

    job: Job
    now: datetime
    exhausted: bool
    is_trial: bool


def run_due_jobs(*, limit: int | None = None, seconds: float | None = None) -> int:
    """Claim and run due jobs until none is due, or `limit` were run, or so many seconds are over. Returns the number of
    jobs run.

    Safe to call from any number of processes at once. Errors of a job are recorded with the job, never raised here.
    Refuses (RuntimeError) to work inside a transaction.
    """
    count, began = 0, time.monotonic()
    while (limit is None or count < limit) and (seconds is None or time.monotonic() - began < seconds):
        try:
            claim = _claim()
            if claim is None:
                break
            _run_and_note(claim)
        finally:
            share.free()
        count += 1
    return count


def backoff(attempts: int) -> timedelta:
    """Return the wait after a job's `attempts`-th attempt: doubled each time, an hour at most."""
    return min(FIRST_BACKOFF * 2 ** min(attempts - 1, 20), LONGEST_BACKOFF)


def _claim() -> Claim | None:
    """Claim the due job that is next and count the attempt. None when no unlocked job may be run."""
    passed_over = [] if share.take() else kinds_with_io()
    with transaction.atomic(durable=True):
        while True:
            found = lock_next(passed_over=passed_over)
            if found is None:
                return None
            job, now = found
            kind = JOB_KINDS.find(job.kind)
            if kind is None or not kind.io:
                share.free()
                is_trial = False
                break
            admitted = breaker.admit(kind.service, trial_takes=kind.time_limit + GRACE)
            if admitted is not None:
                is_trial = admitted
                break
            passed_over = [*passed_over, *kinds_of_service(kind.service)]
        exhausted = job.attempts >= job.max_attempts
        job.attempts += 0 if exhausted else 1
        job.lease = uuid.uuid4()
        Job.objects.filter(pk=job.pk).update(
            attempts=job.attempts, lease=job.lease, due_at=Now() + (BURIAL_GRACE if exhausted else GRACE)
        )
    return Claim(job, now=now, exhausted=exhausted, is_trial=is_trial)


def _work(claim: Claim) -> None:
    job, kind = claim.job, JOB_KINDS.find(claim.job.kind)
    began = time.monotonic()
    try:
        say(job, _attempt(claim), began)
        return
    except (Exception, TookTooLong) as error:
        failure = _true_cause(error, kind, began)
    # After a lost connection the failure is recorded over a new one, and so is one that came at any point of the code.
    # (Tests run all this in a transaction of theirs.)
    if not connection.in_atomic_block:
        connection.close_if_unusable_or_obsolete()
        if isinstance(failure, TookTooLong):
            connection.close()
    _log(job, failure)
    if isinstance(failure, Unregistered) and claim.now - job.created_at < LEFT_TO_NEWER_RELEASES:
        _put_off(job, failure, FIRST_BACKOFF, is_counted=False)
        say(job, "left to a newer release", began)
        return
    if _is_service_away(claim, kind, failure):
        _put_off(job, failure, FIRST_BACKOFF, is_counted=False)
        say(job, "put off", began, failure=failure)
        return
    wait = _wait_after(failure, attempts=job.attempts)
    if isinstance(failure, Final | AttemptsUsedUp) or job.attempts >= job.max_attempts:
        try:
            _bury(claim, failure)
            say(job, "dead", began, failure=failure)
            return
        except Exception as error:
            logger.exception("Job %s could not be marked dead.", job.key, extra={"job": job})
            failure, wait = error, LONGEST_BACKOFF
    _put_off(job, failure, wait)
    say(job, "put off", began, failure=failure)


def _run_and_note(claim: Claim) -> None:
    """Work on a job; then write what must be known of it even if its work was undone."""
    job = claim.job
    try:
        with tracing.span(
            f"job {job.kind}",
            parent=job.payload.get(PARENT, ""),
            kind=job.kind,
            job=job.pk,
            order=job.order_id,
            attempt=job.attempts,
        ):
            _work(claim)
    finally:
        run_waiting()


def _true_cause(failure: BaseException, kind: JobKind | None, began: float) -> BaseException:
    """Return the reason of a failure: an error of a job past its time limit comes from being cut off, by Postgres too,
    and is told as that."""
    if kind is None or isinstance(failure, Final | TookTooLong):
        return failure
    is_late = time.monotonic() - began >= kind.time_limit.total_seconds()
    return TookTooLong(kind.time_limit) if is_late else failure


def _is_service_away(claim: Claim, kind: JobKind | None, failure: BaseException) -> bool:
    """Note a failure with the service that the job calls; True when all of the service's jobs wait from now on."""
    if kind is None or not kind.io:
        return False
    if isinstance(failure, ServiceAway | TookTooLong):
        return breaker.note_failure(kind.service, error=describe(failure))
    if claim.is_trial:
        breaker.let_another_try(kind.service)
    return False


def _wait_after(failure: BaseException, *, attempts: int) -> timedelta:
    """Return the wait before the next attempt. Troubles of the database are soon over and no fault of the job: the wait
    after them does not grow."""
    if is_database_away(failure) or is_database_busy(failure) or is_deadlock(failure):
        return FIRST_BACKOFF
    return backoff(attempts)


def _attempt(claim: Claim) -> str:
    """Run the job; return the outcome for the log. Another worker may have taken the job over meanwhile."""
    if claim.exhausted:
        raise AttemptsUsedUp
    kind = JOB_KINDS.get(claim.job.kind)
    with transaction.atomic(durable=True):
        job = _lock(claim.job, limits=kind)
        if job is None:
            return "left to another worker"
        if kind.io and breaker.take_place(kind.service) is None:
            _give_back(job)
            return "given back"
        with time_limit(kind.time_limit):
            kind.run(job, claim.now)
        if kind.io:
            breaker.note_answer(kind.service)
        _mark_done(job)
    return "done"


def _bury(claim: Claim, failure: BaseException) -> None:
    """Mark the job dead and run the kind's `on_dead`, in one transaction."""
    with transaction.atomic(durable=True):
        job = _lock(claim.job)
        if job is None:
            return
        job.last_error = describe(failure)
        kind = JOB_KINDS.find(job.kind)
        if kind is not None and kind.on_dead is not None:
            kind.on_dead(job, claim.now)
        _holding_lease(job).update(
            state=Job.State.DEAD, finished_at=Now(), lease=None, last_error=job.last_error
        )  # fmt: skip


def _put_off(job: Job, failure: BaseException, wait: timedelta, *, is_counted: bool = True) -> None:
    _holding_lease(job).update(
        due_at=Now() + wait, lease=None, last_error=describe(failure), attempts=F("attempts") - (0 if is_counted else 1)
    )


def _give_back(job: Job) -> None:
    """Undo the claim of a job for whose call there is no place any more: others took the last in between."""
    _holding_lease(job).update(due_at=Now(), lease=None, attempts=F("attempts") - 1)


def _lock(job: Job, *, limits: JobKind | None = None) -> Job | None:
    """Lock and return the job's row; None when the job is no longer this worker's.

    Waits instead of passing over a locked row: a rival that looked just before the claim was committed locks the row
    too, sees then that it is taken, and keeps the lock until its own claim ends. While waiting, this transaction holds
    no other lock. With `limits` Postgres ends a statement that takes longer than the kind's time limit, and the
    transaction after its longest silence: pages wait for its locks.
    """
    rows = _holding_lease(job).select_for_update(no_key=True)
    if limits is not None:
        rows = rows.annotate(
            ended_after=_setting("statement_timeout", limits.time_limit),
            cut_off_after=_setting("idle_in_transaction_session_timeout", limits.longest_silence),
        )
    return rows.first()


def _setting(name: str, limit: timedelta) -> Func:
    """Set a timeout of Postgres until the end of the transaction."""
    milliseconds = str(round(limit.total_seconds() * 1000))
    return Func(Value(name), Value(milliseconds), Value(True), function="set_config", output_field=TextField())


def _mark_done(job: Job) -> None:
    _holding_lease(job).update(state=Job.State.DONE, finished_at=Now(), lease=None, last_error="")


def _holding_lease(job: Job) -> JobQuerySet:
    return Job.objects.pending().filter(pk=job.pk, lease=job.lease)


def _log(job: Job, failure: BaseException) -> None:
    """Log the failure: an expected one in a line, any other (a fault of ours) with its trace."""
    expected = isinstance(failure, Temporary | Final | OperationalError | TookTooLong | Unregistered)
    logger.log(
        logging.WARNING if expected else logging.ERROR,
        "Job %s failed in attempt %s of %s: %s",
        job.key,
        job.attempts,
        job.max_attempts,
        failure,
        exc_info=None if expected else failure,
        extra={"job": job},
    )
