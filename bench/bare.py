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
    "enrolments_event",
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


def keys_given_out(cursor: Any) -> dict[str, int]:
    """Return the last key given out for each table."""
    last = {}
    for table in TABLES:
        cursor.execute(
            "SELECT coalesce(pg_sequence_last_value(pg_get_serial_sequence(%s, 'id')::regclass), 0)", [table]
        )
        [last[table]] = cursor.fetchone()
    return last


def read_row(cursor: Any, table: str, key: int) -> Written:
    return _read(cursor, table, "id = %s", key)


def delete_after(cursor: Any, before: dict[str, int]) -> None:
    """Delete the rows made since; their keys are given out once more."""
    for table, key in before.items():
        cursor.execute(f"DELETE FROM {table} WHERE id > %s", [key])
        cursor.execute(
            "SELECT setval(pg_get_serial_sequence(%(table)s, 'id'), greatest(%(key)s, 1), %(key)s > 0)",
            {"table": table, "key": key},
        )


def insert(cursor: Any, part: Written) -> None:
    """Insert rows with one statement."""
    execute_values(
        cursor,
        f"INSERT INTO {part.table} ({quoted(part.columns)}) VALUES %s",
        part.rows,
        page_size=len(part.rows),
    )


def _take_away(session: Connection, before: dict[str, int]) -> list[Written]:
    with session, session.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")  # no check of foreign keys
        written = [_read(cursor, table, "id > %s", before[table]) for table in TABLES]
        for part in written:
            cursor.execute(f"DELETE FROM {part.table} WHERE id > %s", [before[part.table]])
    return [part for part in written if part.rows]


def _read(cursor: Any, table: str, condition: str, key: int) -> Written:
    columns = written_columns(cursor, table)
    arrays = _array_columns(cursor, table)
    cursor.execute(f"SELECT {quoted(columns)} FROM {table} WHERE {condition} ORDER BY id", [key])
    rows = [
        tuple(value if name in arrays else _adapted(value) for name, value in zip(columns, row, strict=True))
        for row in cursor.fetchall()
    ]
    return Written(table, columns, rows)


def _insert(session: Connection, written: list[Written]) -> None:
    """Insert all rows, in one transaction."""
    with session, session.cursor() as cursor:
        for part in written:
            insert(cursor, part)


def written_columns(cursor: Any, table: str) -> tuple[str, ...]:
    """Return the columns of a table without those that the database computes: nobody can write these."""
    cursor.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped"
        " AND attgenerated = '' ORDER BY attnum",
        [table],
    )
    return tuple(name for (name,) in cursor.fetchall())


def _array_columns(cursor: Any, table: str) -> set[str]:
    """Return the columns that hold arrays: psycopg2 reads a list from them, as from those of JSON."""
    cursor.execute(
        "SELECT attname FROM pg_attribute JOIN pg_type ON pg_type.oid = atttypid"
        " WHERE attrelid = %s::regclass AND attnum > 0 AND typcategory = 'A'",
        [table],
    )
    return {name for (name,) in cursor.fetchall()}


def quoted(columns: Sequence[str]) -> str:
    return ", ".join(f'"{column}"' for column in columns)


def _last_id(cursor: Any, table: str) -> int:
    cursor.execute(f"SELECT coalesce(max(id), 0) FROM {table}")
    return cursor.fetchone()[0]


def _adapted(value: Any) -> Any:
    return Json(value) if isinstance(value, dict | list) else value
