"""A very short memory of what many pages show of the catalogue, in each web process."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from django.conf import settings

T = TypeVar("T")

# Beyond that many, all are forgotten: what is asked for again is there again soon.
KEPT_AT_MOST = 1_000

_kept: dict[Hashable, tuple[float, Any]] = {}


def remembered(name: Hashable, read: Callable[[], T]) -> T:
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
    if len(_kept) >= KEPT_AT_MOST:
        _kept.clear()
    _kept[name] = (now, value)
    return value
