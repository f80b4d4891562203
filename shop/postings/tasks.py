"""Periodic task of the shop's postings, called by beat."""

from __future__ import annotations

import time

from celery import shared_task

from common.tidying import SECONDS_A_RUN
from shop.postings.services import post_missing
from shop.postings.sources import SOURCES


@shared_task(ignore_result=True)
def post_missing_facts() -> int:
    """Post facts that came without entries, chunk by chunk; return their number. Makes room for work after a while."""
    until, posted = time.monotonic() + SECONDS_A_RUN, 0
    for source in SOURCES:
        while time.monotonic() < until and (count := post_missing(source)):
            posted += count
    return posted
