"""Rivals on connections of their own, and places where they meet."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connection
from django.db.models import QuerySet

PATIENCE = 20  # seconds after which a test is stuck for good


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """Run all of them in threads; each answer is what it returned or the exception it raised."""

    def run(work: Callable[[], Any]) -> Any:
        try:
            return work()
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as pool:
        return [future.result(PATIENCE) for future in [pool.submit(run, work) for work in works]]


def in_between(work: Callable[[], Any]) -> Any:
    """Let a rival do all of his work now, on a connection of his own."""
    [answer] = at_once(work)
    return answer


class MeetingPoint:
    """Rivals wait here for each other, but not for long: whoever a lock keeps away is not waited for."""

    def __init__(self, parties: int, patience: float = 0.6) -> None:
        self.barrier = threading.Barrier(parties)
        self.patience = patience

    def wait(self) -> None:
        try:
            self.barrier.wait(self.patience)
        except threading.BrokenBarrierError:
            return


def before(monkeypatch, module: Any, name: str, do: Callable[[], Any], *, times: int | None = None) -> None:
    """Have something done just before each of the first `times` calls of a module's function."""
    original = getattr(module, name)
    calls = []

    def wrapped(*args, **kwargs):
        calls.append(name)
        if times is None or len(calls) <= times:
            do()
        return original(*args, **kwargs)

    monkeypatch.setattr(module, name, wrapped)


def count_together(monkeypatch, name: str, *modules: Any, parties: int, patience: float = 0.6) -> None:
    """Rivals meet before a count, all writes done, and again after it: none has committed when another counts."""
    written, counted = MeetingPoint(parties, patience), MeetingPoint(parties, patience)

    def together(original):
        def wrapped(*args, **kwargs):
            written.wait()
            original(*args, **kwargs)
            counted.wait()

        return wrapped

    for module in modules:
        monkeypatch.setattr(module, name, together(getattr(module, name)))


def without_row_locks(monkeypatch) -> None:
    """Take the guard of the course (and every other row lock) away: the negative control."""
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **_how: self)
