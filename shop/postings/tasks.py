"""Periodic task of the shop's postings, called by beat."""

from __future__ import annotations

import time
from dataclasses import replace
from functools import partial
from typing import Any

from celery import shared_task
from django.core.cache import cache
from django.db.models import Max, QuerySet

from common.tidying import SECONDS_A_RUN
from shop.postings.services import post_missing
from shop.postings.sources import SOURCES, Source

# The last key of each source before a whole pass that found nothing. It is forgotten after a day, or with the cache:
# then all is looked at again, since a fact may have come about late on an old row.
KNOWN, KNOWN_SECONDS = "postings-known", 24 * 60 * 60


@shared_task(ignore_result=True)
def post_missing_facts() -> int:
    """Post facts that came without entries, chunk by chunk; return their number. Makes room for work after a while.

    All facts are looked at until none is missing; then for a day only the newer ones, so that a run costs as much as
    there is new, however large the ledger. The release before this one may still be writing, at any time.
    """
    until, posted = time.monotonic() + SECONDS_A_RUN, 0
    known = cache.get(KNOWN)
    last = known or {source.name: _last(source) for source in SOURCES}
    for source in SOURCES:
        looked_at = source if known is None else replace(source, rows=partial(_newer, source, last.get(source.name, 0)))
        while time.monotonic() < until and (count := post_missing(looked_at)):
            posted += count
    if known is None and not posted and time.monotonic() < until:
        cache.set(KNOWN, last, KNOWN_SECONDS)
    return posted


def _last(source: Source) -> int:
    return source.rows().model._base_manager.aggregate(last=Max("pk"))["last"] or 0


def _newer(source: Source, last: int) -> QuerySet[Any]:
    return source.rows().filter(pk__gt=last)
