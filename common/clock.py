"""The clock that all workers share."""

from __future__ import annotations

from datetime import datetime

from django.db import connection


def database_now() -> datetime:
    """Return the database's time, by which workers act: the clock of one machine may be wrong.

    Jobs need not call this: a job's `now` is that time already.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement_timestamp()")
        now: datetime = cursor.fetchone()[0]
    return now
