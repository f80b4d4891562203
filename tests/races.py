"""Two things at the same moment: threads with database connections of their own, let go together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from threading import Barrier, BrokenBarrierError, Thread
from typing import Any
from unittest.mock import patch

from django.db import connection

TOGETHER_WITHIN = 20


def run_together(*actions: Callable[[], Any]) -> list[Any]:
    """Runs the actions at once and returns what each returned, or the exception it raised, in order.

    Only for tests marked `django_db(transaction=True)`: each thread sees what is committed.
    """
    barrier = Barrier(len(actions))
    results: list[Any] = [None] * len(actions)

    def run(index: int, action: Callable[[], Any]) -> None:
        try:
            barrier.wait(TOGETHER_WITHIN)
            results[index] = action()
        except Exception as error:
            results[index] = error
        finally:
            connection.close()

    threads = [Thread(target=run, args=(index, action)) for index, action in enumerate(actions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive(), "an action never ended: the actions wait for each other"
    return results


@contextmanager
def meeting_before(target: object, name: str, *, parties: int = 2) -> Iterator[None]:
    """Makes threads meet before each call of `target.name`: all have read before any of them writes.

    Where a lock keeps them from ever meeting, the wait ends by itself and the calls go on, one after the other.
    """
    original = getattr(target, name)
    barrier = Barrier(parties)

    def meet(*args: Any, **kwargs: Any) -> Any:
        with suppress(BrokenBarrierError):  # the others are kept away by a lock
            barrier.wait(1)
        return original(*args, **kwargs)

    with patch.object(target, name, meet):
        yield


def errors_among(results: Sequence[Any]) -> list[Exception]:
    return [result for result in results if isinstance(result, Exception)]


@contextmanager
def without_row_locks() -> Iterator[None]:
    """The guard taken away, for negative controls: rows are read without being locked."""

    def unlocked(self: Any, *args: Any, **kwargs: Any) -> Any:
        return self.all()

    with patch("django.db.models.query.QuerySet.select_for_update", unlocked):
        yield
