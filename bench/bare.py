"""Reference of a delivery: the very rows it wrote, inserted bare.

After a delivery its rows are read and deleted; then a client that knows them all inserts them again, with one multi-row
INSERT for each table, in one transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import psycopg2
from django.db import connection
from psycopg2.extensions import connection as Connection
from psycopg2.extras import Json, execute_values

from bench.harness import seconds

# Tables that a delivery writes to, in the order in which their rows can be inserted.
TABLES = (
    "accounts_user",
    "account_emailaddress",
    "enrolments_coursegroup",
    "enrolments_seatbatch",
    "enrolments_enrolment",
    "enrolments_seat",
    "enrolments_seatevent",
    "enrolments_ground",
    "enrolments_enrolmentevent",
    "accounts_addresslink",
    "accounts_delegation",
    "shop_linefeedback",
    "shop_orderevent",
    "outbox_mail",
    "outbox_job",
)


@dataclass(frozen=True)
class Written:
    """Rows of one table."""

    table: str
    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]


def client() -> Connection:
    """Return a plain connection to the database that Django uses now, without any setting of Django's."""
    return psycopg2.connect(**connection.get_connection_params() | {"cursor_factory": None})


def against_bare(action: Callable[[], object]) -> tuple[float, float]:
    """Return the seconds of an action, and the seconds of a bare insert of the rows it wrote, done just after it."""
    with closing(client()) as session:
        with session, session.cursor() as cursor:
            before = {table: _last_id(cursor, table) for table in TABLES}
        took = seconds(action)
        written = _take_away(session, before)
        return took, seconds(lambda: _insert(session, written))


def _take_away(session: Connection, before: dict[str, int]) -> list[Written]:
    written = []
    with session, session.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")  # no check of foreign keys
        for table in TABLES:
            columns = _written_columns(cursor, table)
            cursor.execute(f"SELECT {_quoted(columns)} FROM {table} WHERE id > %s ORDER BY id", [before[table]])
            rows = [tuple(_adapted(value) for value in row) for row in cursor.fetchall()]
            if rows:
                written.append(Written(table, columns, rows))
                cursor.execute(f"DELETE FROM {table} WHERE id > %s", [before[table]])
    return written


def _insert(session: Connection, written: list[Written]) -> None:
    """Insert all rows with one statement for each table, in one transaction."""
    with session, session.cursor() as cursor:
        for part in written:
            execute_values(
                cursor,
                f"INSERT INTO {part.table} ({_quoted(part.columns)}) VALUES %s",
                part.rows,
                page_size=len(part.rows),
            )


def _written_columns(cursor: Any, table: str) -> tuple[str, ...]:
    """Return the columns of a table without those that the database computes: nobody can write these."""
    cursor.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped"
        " AND attgenerated = '' ORDER BY attnum",
        [table],
    )
    return tuple(name for (name,) in cursor.fetchall())


def _quoted(columns: Sequence[str]) -> str:
    return ", ".join(f'"{column}"' for column in columns)


def _last_id(cursor: Any, table: str) -> int:
    cursor.execute(f"SELECT coalesce(max(id), 0) FROM {table}")
    return cursor.fetchone()[0]


def _adapted(value: Any) -> Any:
    return Json(value) if isinstance(value, dict | list) else value
