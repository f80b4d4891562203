"""Deletion of counts that no limit reads any more: ours, and those of allauth in the cache."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import connection

from accounts.rate_limits.models import Attempts
from common.tidying import delete_batch, tidies

CACHE_TABLE = str(settings.CACHES["default"]["LOCATION"])


@tidies("attempts", "accounts_attempts")
def attempts(before: datetime, limit: int) -> int:
    return delete_batch(Attempts.objects.filter(since__lt=before).order_by("since"), limit)


@tidies("cache", CACHE_TABLE)
def cache(before: datetime, limit: int) -> int:
    """Delete expired rows of the cache, which Django tidies only when it is full."""
    table = connection.ops.quote_name(CACHE_TABLE)
    with connection.cursor() as cursor:
        cursor.execute(
            f"DELETE FROM {table} WHERE cache_key IN (SELECT cache_key FROM {table}"  # noqa: S608
            " WHERE expires < %s ORDER BY expires LIMIT %s FOR UPDATE SKIP LOCKED) AND expires < %s",
            [before, limit, before],
        )
        return int(cursor.rowcount)
