"""A second actor at the same moment, for a test in the middle of its own work."""

from __future__ import annotations

import threading
from collections.abc import Callable

from django.db import connections


def in_thread(function: Callable[[], object]) -> threading.Thread:
    """Run a function in a thread over a database connection of its own, as another process would; return the thread."""

    def body() -> None:
        try:
            function()
        finally:
            connections.close_all()

    thread = threading.Thread(target=body)
    thread.start()
    return thread
