"""Kinds of jobs and their work. The floors above register theirs in the `jobs.py` of a room."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from common.refusals import Sentence
from common.registry import Registry, same_function
from outbox.jobs.labels import JOB_KIND_LABELS
from outbox.jobs.models import Job

Run = Callable[[Job, datetime], None]
Callback = Callable[[Job, datetime], None]
Retried = Callable[[Job, int | None, datetime], None]
LONGEST_SILENCE = timedelta(minutes=1)
TIME_LIMIT = timedelta(seconds=30)
TIME_LIMIT_WITH_IO = timedelta(minutes=1)
Urgency = Job.Urgency
AnyRun = TypeVar("AnyRun", bound=Run)


@dataclass(frozen=True)
class JobKind:
    """A kind of jobs: its work and its limits.

    `run(job, now)` does the work, in the transaction that marks the job done and with the job's row locked. Work
    outside the database is not undone with that transaction: a kind with `io` does such work at least once, and takes
    no lock before, since the work may take long. Such a kind names the `service` outside that it calls.

    `urgency` is the class of its jobs, unless a job says another. A job that works for longer than `time_limit` is
    ended. Postgres cuts off a worker that is silent for `longest_silence` within a job: the worker stands still, or its
    machine is gone.

    `on_dead(job, now)` runs in the transaction that marks the job dead. `on_retry(job, actor_id, now)` runs in the
    transaction that brings a dead or waiting job back, with the job's row locked; `actor_id` is the person who asked.
    `on_retry` raises RetryRefused when running again would be wrong.

    `told_elsewhere` tells that the merchant learns of a dead job by the thing itself: a mail, a line of an order.
    """

    name: str
    run: Run
    max_attempts: int
    io: bool
    longest_silence: timedelta
    on_dead: Callback | None
    on_retry: Retried | None
    told_elsewhere: bool = False
    urgency: Job.Urgency = Urgency.REST
    time_limit: timedelta = TIME_LIMIT
    service: str = ""


JOB_KINDS: Registry[JobKind] = Registry("job kind", same=lambda one, other: same_function(one.run, other.run))


def job_kind(
    name: str,
    *,
    label: Sentence = "",
    max_attempts: int = 8,
    io: bool = False,
    longest_silence: timedelta = LONGEST_SILENCE,
    on_dead: Callback | None = None,
    on_retry: Retried | None = None,
    told_elsewhere: bool = False,
    urgency: Job.Urgency = Urgency.REST,
    time_limit: timedelta | None = None,
    service: str = "",
) -> Callable[[AnyRun], AnyRun]:
    """Register the decorated `run(job, now)` under `name`; a second function for a name is refused.

    `label` tells merchants what the job does.

    A kind with `io` needs a `longest_silence` longer than any wait for an answer from outside; its `service` is named
    like the kind unless several kinds call the same one. Without a `time_limit` a job may take 30 seconds, with `io` a
    minute.
    """

    def register(run: AnyRun) -> AnyRun:
        JOB_KIND_LABELS.put(name, label)
        JOB_KINDS.register(
            name,
            JobKind(
                name, run, max_attempts, io, longest_silence, on_dead, on_retry, told_elsewhere, urgency,
                time_limit or (TIME_LIMIT_WITH_IO if io else TIME_LIMIT), _service(name, io=io, service=service),
            ),
        )  # fmt: skip
        return run

    return register


def job_kind_label(name: str) -> str:
    """Return the label of a kind of jobs; the bare name of one without a label, or from an older release."""
    return JOB_KIND_LABELS.of(name)


def job_kind_labels() -> list[tuple[str, str]]:
    """List name and label of every registered kind, by label."""
    return JOB_KIND_LABELS.sorted(JOB_KINDS.names())


def kinds_told_elsewhere() -> list[str]:
    """Return the names of the kinds whose dead jobs the merchant learns of by the thing itself."""
    return [kind.name for kind in JOB_KINDS if kind.told_elsewhere]


def kinds_with_io() -> list[str]:
    """Return the names of the kinds that work outside the database."""
    return [kind.name for kind in JOB_KINDS if kind.io]


def kinds_of_service(service: str) -> list[str]:
    """Return the names of the kinds that call a service outside."""
    return [kind.name for kind in JOB_KINDS if kind.io and kind.service == service]


def temporary_job_kind(name: str, run: Run, **options: Any) -> AbstractContextManager[JobKind]:
    """Register a kind for the length of a `with` block, in place of one of the same name: for tests."""
    limits = {"max_attempts": 8, "io": False, "longest_silence": LONGEST_SILENCE, "on_dead": None, "on_retry": None}
    given = {**limits, **{name: value for name, value in options.items() if value is not None}}
    given["service"] = _service(name, io=given["io"], service=given.get("service", ""))
    return JOB_KINDS.temporarily(name, JobKind(name, run, **given))


def _service(kind: str, *, io: bool, service: str) -> str:
    return (service or kind) if io else ""
