"""Tidying by age: rows that are of no use any more are deleted in small batches, each a short transaction of its own.

How long rows are kept stands in RETENTION (`project/settings/retention.py`). A room says in its `tidying.py` how:

    @tidies("faults", "handlers_brokenhook")
    def faults(before: datetime, limit: int) -> int:
        return delete_batch(BrokenHook.objects.filter(last_seen_at__lt=before), limit)
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from common.registry import Registry

logger = logging.getLogger(__name__)

# Rows a transaction deletes at most: few enough to hold its locks for a moment only.
BATCH = 500
# Tidying makes room for work after so long, and goes on the next time.
SECONDS_A_RUN = 20

# Deletes, or blanks, at most so many rows older than a moment, and returns their number.
Tidy = Callable[[datetime, int], int]


@dataclass(frozen=True)
class Tidying:
    """Tidying of one line of RETENTION: its function, the tables it works on, and the rows a batch has at most."""

    name: str
    tidy: Tidy
    tables: tuple[str, ...]
    batch: int


TIDYINGS: Registry[Tidying] = Registry("tidying", same=lambda one, other: one.tables == other.tables)


def tidies(name: str, *tables: str, batch: int = BATCH) -> Callable[[Tidy], Tidy]:
    """Register a function that tidies tables by the line of RETENTION with this name."""

    def register(function: Tidy) -> Tidy:
        TIDYINGS.register(name, Tidying(name, function, tables, batch))
        return function

    return register


def delete_batch(rows: QuerySet[Any], limit: int) -> int:
    """Delete at most `limit` of the rows, and what belongs to them, in one transaction; return their number.

    Locks the rows and waits for none: a locked row is in use, and left to the next time.
    """
    with transaction.atomic():
        locked = rows.select_for_update(skip_locked=True, of=("self",)).values_list("pk", flat=True)
        keys = list(locked[:limit])
        if keys:
            rows.model._default_manager.filter(pk__in=keys).delete()
    return len(keys)


def tidy(name: str, *, now: datetime) -> int:
    """Tidy one batch; return the number of its rows. Raises Unregistered."""
    tidying = TIDYINGS.get(name)
    return tidying.tidy(now - timedelta(days=settings.RETENTION[name]), tidying.batch)


def tidy_all(*, now: datetime, seconds: float = SECONDS_A_RUN) -> dict[str, int]:
    """Tidy everything in turns, a batch each, until nothing is left or the time is over; return the rows by name.

    A batch that fails is logged, and its kind left to the next run: the others are tidied all the same. Any number may
    run at once.
    """
    done: dict[str, int] = {}
    waiting = [tidying.name for tidying in TIDYINGS]
    end = time.monotonic() + seconds
    while waiting and time.monotonic() < end:
        name = waiting.pop(0)
        try:
            count = tidy(name, now=now)
        except Exception:
            logger.exception("Tidying failed: %s", name)
            continue
        done[name] = done.get(name, 0) + count
        if count >= TIDYINGS.get(name).batch:
            waiting.append(name)
    if any(done.values()):
        logger.info("Tidied", extra={"fields": {"rows": {name: count for name, count in done.items() if count}}})
    return done
