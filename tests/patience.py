"""Waiting in tests: long enough for a loaded machine, and failing all the same when nothing happens."""

from __future__ import annotations

import time
from collections.abc import Callable

PATIENCE_SECONDS = 300.0
# What waits for nothing is over by then on a loaded machine; what is held up is not.
HELD_UP_SECONDS = 15.0
LOOK_EVERY_SECONDS = 0.1


def wait_until(is_so: Callable[[], object], *, told: Callable[[], object] = lambda: "") -> None:
    """Wait until `is_so()`; raise AssertionError with the text of `told` after PATIENCE_SECONDS."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < deadline, f"still not so after {PATIENCE_SECONDS:.0f} s: {told()}"
        time.sleep(LOOK_EVERY_SECONDS)
