"""The files in which the web processes of a machine count together.

Each process has a numbered place. A process that ends leaves its place, and its counts, to the next one: the files
grow no more in number than there are processes at a time, and no count ever falls.
"""

from __future__ import annotations

import atexit
import fcntl
import itertools
import os
import shutil
import tempfile
from pathlib import Path
from typing import IO


class Place:
    """The number of this process among those that share a folder; the kernel frees it when the process ends."""

    def __init__(self, folder: Path) -> None:
        self._file_name = folder / "places"
        self._file: IO[bytes] | None = None
        self._process, self._number = 0, 0

    def __call__(self) -> int:
        if self._process != os.getpid():
            # First the parent's file goes, in whose closing this process would lose a lock of its own.
            self._file = None
            self._file = self._file_name.open("ab")
            self._number = next(number for number in itertools.count() if self._take(number))
            self._process = os.getpid()
        return self._number

    def _take(self, number: int) -> bool:
        assert self._file is not None
        try:
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, number)
        except OSError:
            return False
        return True


def share_figures() -> None:
    """Have this process and those it forks count together, in a folder that goes with this process.

    Call before any figure is made.
    """
    folder = Path(tempfile.mkdtemp(prefix="amphi-figures-"))
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
    atexit.register(_remove, folder, os.getpid())
    # Which of its ways to count the library takes, it decides when it is imported.
    from prometheus_client import values

    values.ValueClass = values.MultiProcessValue(Place(folder))


def _remove(folder: Path, maker: int) -> None:
    if os.getpid() == maker:
        shutil.rmtree(folder, ignore_errors=True)
