"""Somebody else at the same moment, where the test itself is in the middle of something."""

from __future__ import annotations

import threading
from collections.abc import Callable

from django.db import connections


def in_thread(function: Callable[[], object]) -> threading.Thread:
    """Runs it over a connection of its own, as another process would."""

    def body() -> None:
        try:
            function()
        finally:
            connections.close_all()

    thread = threading.Thread(target=body)
    thread.start()
    return thread
