"""A very short memory of values that many pages show of the catalogue, in each web process.

Django's LocMemCache pickles: with it the front page took 3 % longer, an entry's 5 % and a cart of five lines 13 %.
Kept here are the objects themselves, which nobody may change.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Hashable, Mapping
from typing import Any, TypeVar

from django.conf import settings

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)

# Beyond that many values all are forgotten: the ones still needed are soon read again.
KEPT_AT_MOST = 1_000

_kept: dict[Hashable, tuple[float, Any]] = {}
_made: dict[Hashable, tuple[object, Any]] = {}


def remembered(name: Hashable, read: Callable[[], T]) -> T:
    """Return the value that `read` gave under this name at most FRAME_SECONDS ago, else the value `read` gives now.

    For values that do not depend on the visitor and that nobody changes. Two threads may read at once: the later value
    is kept.
    """
    return remembered_each("", [name], lambda _missing: {name: read()})[name]


def remembered_each(kind: str, keys: Collection[K], read: Callable[[Collection[K]], Mapping[K, T]]) -> dict[K, T]:
    """Like `remembered`, for many keys: `read` is called with the keys not kept, and leaves out keys without a
    value."""
    now = time.monotonic()
    oldest = now - settings.FRAME_SECONDS
    found = {key: kept[1] for key in keys if (kept := _kept.get((kind, key))) and kept[0] > oldest}
    missing = [key for key in keys if key not in found]
    if missing:
        new = read(missing)
        found |= new
        if settings.FRAME_SECONDS:
            if len(_kept) + len(new) > KEPT_AT_MOST:
                _kept.clear()
            _kept.update({(kind, key): (now, value) for key, value in new.items()})
    return found


def made_once(name: Hashable, source: object, make: Callable[[], T]) -> T:
    """Return the value that `make` made under this name from this very `source`, else the value it makes now.

    For what depends on the name and on a remembered value alone: it is made again when that was read again.
    """
    kept = _made.get(name)
    if kept is not None and kept[0] is source:
        value: T = kept[1]
        return value
    value = make()
    if len(_made) >= KEPT_AT_MOST:
        _made.clear()
    _made[name] = (source, value)
    return value
