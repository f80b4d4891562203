"""The clock that all workers share."""

from __future__ import annotations

from datetime import datetime

from django.db import connection


def database_now() -> datetime:
    """The database's time. What a worker does by itself goes by it: the clock of one machine may be wrong.

    A job needs not ask: its `now` is that time already.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement_timestamp()")
        now: datetime = cursor.fetchone()[0]
    return now
