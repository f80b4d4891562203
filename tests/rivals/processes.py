"""Rivals at the same moment: processes with database connections of their own, led step by step.

Each rival is a fork of the test, so its work may be any function, and patches in it (a pause, a guard taken away) die
with the process. The test leads: a rival that comes to a pause waits until every other one waits as well, is kept away
by a lock of Postgres, or has finished; then all that wait go on. The order of events needs no luck, and no time is
measured: a control goes wrong each time, a guarded race is never let go too early.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import pickle
import signal
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import Enum
from multiprocessing.connection import Connection, wait
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from psycopg2.errors import DeadlockDetected

from tests.forked import leave_inherited_connections
from tests.patience import PATIENCE_SECONDS
from workbench.servers.run_as import die_with_parent

AT_THE_START = "at the start"
AT_COMMIT = "before commit"
GLANCE = 0.003  # seconds between two looks at the rivals kept away by a lock

# A rival in a pause keeps its locks: Postgres need not wait a second to see that two block each other.
DEADLOCK_TIMEOUT = "SET deadlock_timeout = '50ms'"
# Kept away by a rival, that is: a lock that autovacuum holds is over soon, and leads to no pause.
KEPT_AWAY = "SELECT count(*) FROM unnest(%s) AS rival WHERE pg_blocking_pids(rival) && %s"

Place = tuple[Any, str]  # a module or class, and the name of a function in it


@dataclass(frozen=True)
class Rival:
    """One process: its work, the calls before and after which it waits for the others, and whether it waits before each
    commit too."""

    work: Callable[[], Any]
    before: Sequence[Place] = ()
    after: Sequence[Place] = ()
    commits_late: bool = False

    @property
    def pauses(self) -> list[Place]:
        return [*self.before, *self.after]


@dataclass(frozen=True)
class Answer:
    """Result of a rival's work: `value`, or the parts of its exception that a test asks for."""

    value: Any = None
    error: str = ""  # class of the exception
    said: str = ""
    constraint: str = ""  # the constraint of the database that was violated
    deadlocks: int = 0  # ended by Postgres at this rival's cost, whether or not its code noticed
    kept_away: bool = False  # whether a lock made the rival wait for another one in a pause


class State(Enum):
    RUNNING = "running"
    WAITING = "waiting in a pause"
    DONE = "done"


def race(
    *rivals: Rival | Callable[[], Any],
    before: Sequence[Place] = (),
    after: Sequence[Place] = (),
    in_turn: bool = False,
    without: Callable[[], None] | None = None,
    limit: float = PATIENCE_SECONDS,
) -> list[Answer]:
    """Run rivals at the same moment and return their answers, in order.

    Only for tests marked `django_db(transaction=True)`: a rival sees committed rows alone. `before` and `after` are
    pauses of all rivals. With `in_turn` each begins once the earlier ones wait, are kept away, or have finished,
    instead of all together. `without` runs first in every process, to take a guard away; rivals that share a
    pause then wait before they commit too, or the quicker one would be seen by the other, as if the guard were there.

    Raise AssertionError when the rivals are not all done in `limit` seconds, or when none came to a pause: such a race
    is left to luck. No process outlives the call.
    """
    given = [each if isinstance(each, Rival) else Rival(each) for each in rivals]
    led = [replace(each, before=[*before, *each.before], after=[*after, *each.after]) for each in given]
    if without is not None and any(all(place in each.pauses for each in led) for place in led[0].pauses):
        led = [replace(each, commits_late=True) for each in led]
    with _forked(led, prepare=without) as processes:
        answers = _lead(processes, in_turn=in_turn, until=time.monotonic() + limit)
        asked_for = [name for each in led for _where, name in each.pauses]
        assert not asked_for or any(each.has_paused for each in processes), f"Nobody came to a pause: {asked_for}"
    return answers


def errors_among(answers: Sequence[Answer]) -> list[str]:
    """Return the classes of the exceptions raised, sorted."""
    return sorted(answer.error for answer in answers if answer.error)


def values_among(answers: Sequence[Answer]) -> list[Any]:
    return [answer.value for answer in answers if not answer.error]


def deadlocks_among(answers: Sequence[Answer]) -> int:
    return sum(answer.deadlocks for answer in answers)


def no_row_locks() -> None:
    """Take a guard away: rows are read without being locked."""
    QuerySet.select_for_update = lambda self, **_how: self.all()  # type: ignore[method-assign]


@dataclass
class _Process:
    process: multiprocessing.process.BaseProcess
    line: Connection
    backend: int = 0
    state: State = State.WAITING
    answer: Answer | None = None
    where: str = AT_THE_START
    kept_away: bool = False
    has_paused: bool = False  # where the test asked for it

    def go(self) -> None:
        self.state = State.RUNNING
        self.line.send("go")

    def hear(self) -> None:
        try:
            what, said = self.line.recv()
        except (EOFError, ConnectionResetError):
            what, said = "done", Answer(error="Died", said="The process ended without a word.")
        if what == "backend":
            self.backend = said
        elif what == "pause":
            self.state, self.where = State.WAITING, said
            self.has_paused |= said != AT_COMMIT
        else:
            self.state, self.answer = State.DONE, replace(said, kept_away=self.kept_away)


@contextmanager
def _forked(rivals, *, prepare):
    context = multiprocessing.get_context("fork")
    processes: list[_Process] = []
    try:
        for rival in rivals:
            ours, theirs = context.Pipe()
            child = _Child(theirs, rival, prepare)
            process = context.Process(target=child.run, daemon=True)
            process.start()
            theirs.close()
            processes.append(_Process(process, ours))
        yield processes
    finally:
        for each in processes:
            each.process.kill()
            each.process.join()
            each.process.close()
            each.line.close()


@dataclass
class _Child:
    """The rival's end of the line, in the rival's process."""

    line: Connection
    rival: Rival
    prepare: Callable[[], None] | None
    deadlocks: int = 0

    def run(self) -> None:
        """Do the work, send the answer and end the process, never returning.

        The test's open files are not closed, flushed or reported a second time.
        """
        try:
            self._begin()
            self.line.recv()
            with connection.execute_wrapper(self._count_deadlocks):
                value = pickle.dumps(self.rival.work())
            answer = Answer(value=pickle.loads(value))
        except Exception as error:
            answer = _of_error(error)
        try:
            connection.close()
            self.line.send(("done", replace(answer, deadlocks=self.deadlocks)))
        finally:
            os._exit(0)

    def _begin(self) -> None:
        die_with_parent(signal.SIGKILL)
        gc.freeze()  # else the collector writes to all the memory shared with the parent
        leave_inherited_connections()
        if self.prepare is not None:
            self.prepare()
        self._put_up_pauses()
        with connection.cursor() as cursor:
            cursor.execute(DEADLOCK_TIMEOUT)
            cursor.execute("SELECT pg_backend_pid()")
            self.line.send(("backend", cursor.fetchone()[0]))

    def _put_up_pauses(self) -> None:
        if self.rival.commits_late:
            connection.commit = self._pausing((connection, "commit"), before=True, after=False)  # type: ignore[method-assign]
        before, after = self.rival.before, self.rival.after
        for place in [*before, *(place for place in after if place not in before)]:
            setattr(*place, self._pausing(place, before=place in before, after=place in after))

    def _pausing(self, place: Place, *, before: bool, after: bool) -> Callable[..., Any]:
        original, name = getattr(*place), place[1]

        def pausing(*args: Any, **kwargs: Any) -> Any:
            if before:
                self._pause(f"before {name}")
            result = original(*args, **kwargs)
            if after:
                self._pause(f"after {name}")
            return result

        return pausing

    def _pause(self, where: str) -> None:
        self.line.send(("pause", where))
        self.line.recv()

    def _count_deadlocks(self, execute, sql, params, many, context):
        try:
            return execute(sql, params, many, context)
        except Exception as error:
            self.deadlocks += isinstance(error.__cause__, DeadlockDetected)
            raise


def _of_error(error: Exception) -> Answer:
    """Return the answer of an error; print the trace, which pytest shows if the test fails."""
    sys.stderr.write(traceback.format_exc())
    sys.stderr.flush()
    diag = getattr(error.__cause__, "diag", None)
    return Answer(error=type(error).__name__, said=str(error), constraint=getattr(diag, "constraint_name", None) or "")


def _lead(processes: list[_Process], *, in_turn: bool, until: float) -> list[Answer]:
    while not all(each.backend or each.state is State.DONE for each in processes):
        _listen(processes, until)
    for each in processes:
        if each.state is State.WAITING:
            each.go()
            if in_turn:
                _until_quiet(processes, until, started=processes[: processes.index(each) + 1])
    while not all(each.state is State.DONE for each in processes):
        _until_quiet(processes, until, started=processes)
        for each in processes:
            if each.state is State.WAITING:
                each.go()
    return [each.answer for each in processes if each.answer is not None]


def _until_quiet(processes: list[_Process], until: float, *, started: list[_Process]) -> None:
    """Wait until none of the rivals started is running any more, and one can be let go on or all are done."""
    while True:
        _listen(processes, until)
        running = [each for each in started if each.state is State.RUNNING]
        if not running:
            return
        # Every holder of a lock has told its state by now, and Postgres hands a lock over before it tells the former
        # holder: a rival kept away here is kept away by one in a pause, or by a deadlock.
        if any(each.state is State.WAITING for each in started) or started is not processes:
            with connection.cursor() as cursor:
                cursor.execute(KEPT_AWAY, [[each.backend for each in running], [each.backend for each in processes]])
                kept_away = cursor.fetchone()[0]
            if kept_away == len(running) and not _has_news(processes):
                for each in running:
                    each.kept_away = True
                return


def _has_news(processes: list[_Process]) -> bool:
    return any(each.line.poll() for each in processes if each.state is not State.DONE)


def _listen(processes: list[_Process], until: float) -> None:
    lines = {each.line: each for each in processes if each.state is not State.DONE}
    for line in wait(list(lines), timeout=GLANCE):
        lines[line].hear()
    if time.monotonic() > until:
        stands = ", ".join(f"{each.state.value} {each.where}" for each in processes)
        raise AssertionError(f"The race never ended: {stands}")
