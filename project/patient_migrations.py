"""Migrations beside programs that go on selling.

A statement that waits for a lock holds up every statement that comes after it. Migrations therefore wait briefly, give
way, and try again: a transaction as a whole, a statement outside transactions by itself.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from django.db import DatabaseError, OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg2.errors import DeadlockDetected, LockNotAvailable

LOCK_SECONDS = 2
# Pauses let those pass who waited behind the migration; together about ten minutes.
PAUSE_SECONDS = 5
TRIES = 90
# What may take long under locks that let sales pass: it waits for transactions that began earlier, however long.
CONCURRENTLY = re.compile(r'\s*(CREATE(?: UNIQUE)? INDEX|DROP INDEX)( CONCURRENTLY)(?: IF (?:NOT )?EXISTS)? "(\w+)"')
INVALID = "SELECT 1 FROM pg_index WHERE indexrelid = to_regclass(%s) AND NOT indisvalid"
# Outside transactions, what an earlier run made before it was cut off is not made again.
MADE_BEFORE = re.compile(r'\s*(?:ALTER TABLE "\w+" ADD COLUMN|CREATE(?: UNIQUE)? INDEX) (?=")')
Execute = Callable[..., Any]


def gave_way(error: BaseException) -> bool:
    """Tell whether a statement ended only because others held a lock."""
    return isinstance(error, OperationalError) and isinstance(error.__cause__, LockNotAvailable | DeadlockDetected)


@contextmanager
def patience(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Bound the wait for locks within the block, and nothing else: a migration may take as long as it needs.

    A statement outside transactions is tried again. Inside one, OperationalError tells that the transaction gave way.
    """

    def execute(run: Execute, sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
        concurrently = CONCURRENTLY.match(str(sql))
        if concurrently is not None:
            return _index(connection, run, concurrently, str(sql), params, many, context)
        if not connection.in_atomic_block and isinstance(sql, str):
            sql = MADE_BEFORE.sub(lambda begun: f"{begun[0]}IF NOT EXISTS ", sql, count=1)
        for _again in range(TRIES - 1):
            try:
                return run(sql, params, many, context)
            except OperationalError as error:
                if connection.in_atomic_block or not gave_way(error):
                    raise
            time.sleep(PAUSE_SECONDS)
        return run(sql, params, many, context)

    try:
        with connection.cursor() as cursor:
            cursor.execute(
                f"SET lock_timeout = '{LOCK_SECONDS}s'; SET statement_timeout = 0;"
                " SET idle_in_transaction_session_timeout = 0"
            )
        with connection.execute_wrapper(execute):
            yield
    finally:
        with suppress(DatabaseError), connection.cursor() as cursor:
            cursor.execute("RESET lock_timeout; RESET statement_timeout; RESET idle_in_transaction_session_timeout")


def _index(
    connection: BaseDatabaseWrapper,
    run: Execute,
    found: re.Match[str],
    sql: str,
    params: Any,
    many: bool,
    context: dict[str, Any],
) -> Any:
    """Make or drop an index concurrently, also where an earlier try was cut off in the middle or after it."""
    verb, name = found[1], found[3]
    with connection.cursor() as cursor:
        cursor.cursor.execute("SET lock_timeout = 0")
        try:
            if verb == "DROP INDEX":
                return run(sql, params, many, context)
            cursor.cursor.execute(INVALID, [f'"{name}"'])
            if cursor.cursor.fetchone():
                cursor.cursor.execute(f'DROP INDEX CONCURRENTLY "{name}"')
            anew = f'{verb} CONCURRENTLY IF NOT EXISTS "{name}"{sql[found.end() :]}'
            return run(anew, params, many, context)
        finally:
            cursor.cursor.execute(f"SET lock_timeout = '{LOCK_SECONDS}s'")
