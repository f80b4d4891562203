"""A very short memory of what stands on every page, in each web process."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar

from django.conf import settings

T = TypeVar("T")

_kept: dict[str, tuple[float, Any]] = {}


def remembered(name: str, read: Callable[[], T]) -> T:
    """What `read` gave at most FRAME_SECONDS ago under this name, else what it gives now.

    For what is the same for everybody and is only read; two threads may read at once, and the later one is kept.
    """
    if not settings.FRAME_SECONDS:
        return read()
    now = time.monotonic()
    kept = _kept.get(name)
    if kept is not None and now - kept[0] < settings.FRAME_SECONDS:
        return kept[1]
    value = read()
    _kept[name] = (now, value)
    return value
