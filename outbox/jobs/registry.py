"""The kinds of jobs and what each does. Upper floors register theirs in `<app>/jobs.py`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from outbox.errors import UnknownKind
from outbox.jobs.models import Job

Run = Callable[[Job, datetime], None]
Callback = Callable[[Job, datetime], None]
LONGEST_SILENCE = timedelta(minutes=1)
AnyRun = TypeVar("AnyRun", bound=Callable[..., object])


@dataclass(frozen=True)
class JobKind:
    """What is known of a kind.

    `run(job, now)` does the work, in the transaction that marks the job done and with the job's row
    locked. What it does outside the database is not undone with that transaction: a kind with `io`
    does it at least once, and takes no lock before it, since it may take long. A worker of which
    Postgres hears nothing for `longest_silence` within a job is cut off: it stands still, or its
    machine is gone.
    `on_dead(job, now)` runs in the transaction that marks the job dead.
    `on_retry(job, now)` runs in the transaction that brings a dead or waiting job back, with the
    job's row locked; it raises RetryRefused when running again would be wrong.
    """

    name: str
    run: Run
    max_attempts: int
    io: bool
    longest_silence: timedelta
    on_dead: Callback | None
    on_retry: Callback | None


_kinds: dict[str, JobKind] = {}


def job_kind(
    name: str,
    *,
    max_attempts: int = 8,
    io: bool = False,
    longest_silence: timedelta = LONGEST_SILENCE,
    on_dead: Callback | None = None,
    on_retry: Callback | None = None,
) -> Callable[[AnyRun], AnyRun]:
    """Registers the decorated `run(job, now)` under `name`; a second function for a name is refused.

    One with `io` needs a `longest_silence` longer than it may ever wait for an answer from outside.
    """

    def register(run: AnyRun) -> AnyRun:
        if name in _kinds and not _same_function(_kinds[name].run, run):
            raise ValueError(f"Two functions want the job kind {name!r}: {_kinds[name].run!r} and {run!r}.")
        _kinds[name] = JobKind(name, run, max_attempts, io, longest_silence, on_dead, on_retry)  # type: ignore[arg-type]
        return run

    return register


def get_job_kind(name: str) -> JobKind:
    """Raises UnknownKind when nothing is registered under `name`."""
    try:
        return _kinds[name]
    except KeyError:
        raise UnknownKind(f"No job of kind {name!r} is registered.") from None


def job_kind_names() -> list[str]:
    """Every registered kind, in alphabetical order."""
    return sorted(_kinds)


def kinds_with_io() -> list[str]:
    """The names of the kinds that work outside the database."""
    return [kind.name for kind in _kinds.values() if kind.io]


@contextmanager
def temporary_job_kind(name: str, run: Run, *, max_attempts: int = 8, **options: object) -> Iterator[JobKind]:
    """Registers a kind for the length of a `with` block, in place of one of the same name: for tests."""
    before = _kinds.pop(name, None)
    job_kind(name, max_attempts=max_attempts, **options)(run)  # type: ignore[arg-type]
    try:
        yield _kinds[name]
    finally:
        del _kinds[name]
        if before is not None:
            _kinds[name] = before


def _same_function(one: Callable[..., object], other: Callable[..., object]) -> bool:
    """A module loaded twice registers the same function twice; that is no conflict."""
    return (one.__module__, one.__qualname__) == (other.__module__, other.__qualname__)
