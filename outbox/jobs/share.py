"""The share of a worker's processes that may wait for services outside: all but one.

Else a mail server that answers slowly would hold every process, and nothing would be delivered. Counted by locks on a
file without a name that the worker's processes inherit; the kernel drops a process's locks when it dies. A worker of
one process has no share to keep back: it calls outside when nothing more urgent is due.
"""

from __future__ import annotations

import fcntl
import tempfile
from typing import IO


class Share:
    """Places of one worker's processes for calls outside; without a bound before `keep_one_back`."""

    def __init__(self) -> None:
        self._file: IO[bytes] | None = None
        self._places = 0
        self._taken: int | None = None

    def keep_one_back(self, *, processes: int) -> None:
        """Bound the calls of the processes that this one will fork to one less than their number."""
        self._places = processes - 1
        self._file = tempfile.TemporaryFile() if self._places else None  # noqa: SIM115  # for the life of the worker

    def take(self) -> bool:
        """Take a place for this process; False when the others hold all of them."""
        if self._file is None or self._taken is not None:
            return True
        for place in range(self._places):
            try:
                fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, place)
            except OSError:
                continue
            self._taken = place
            return True
        return False

    def free(self) -> None:
        """Give the place of this process back, if it has one."""
        if self._file is not None and self._taken is not None:
            fcntl.lockf(self._file, fcntl.LOCK_UN, 1, self._taken)
        self._taken = None


share = Share()
