"""Memory that an action takes, measured in a process of its own."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

from django.db import connection

_PROCESS = Path("/proc/self")
# Least that is told: what a process takes for nothing is no figure.
_LEAST = 0.1


def peak_megabytes(action: Callable[[], object]) -> float:
    """Return by how many megabytes a fork of this process grows at most while it does an action. Raises RuntimeError
    when the action fails there."""
    connection.close()  # which no fork may share
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe(duplex=False)
    child = context.Process(target=_measure, args=(action, theirs))
    child.start()
    theirs.close()
    try:
        grown: float = ours.recv()
    except EOFError:
        raise RuntimeError("The action failed.") from None
    finally:
        child.join()
    return max(grown, _LEAST)


def _measure(action: Callable[[], object], told: Connection) -> None:
    (_PROCESS / "clear_refs").write_text("5")  # the peak begins anew
    before = _peak()
    action()
    told.send(_peak() - before)


def _peak() -> float:
    for line in (_PROCESS / "status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("This system tells no peak of memory.")
