"""Reference of a delivery: the very statements it made, sent bare once more.

First the delivery is undone: new rows are deleted, changed ones put back, and the sequences give out the
same keys again. Then a client that computes nothing sends the statements in the same transactions, and reads the
answers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from django.db import connections
from psycopg2.extensions import connection as Connection

from bench.bare import Written, client, delete_after, insert, keys_given_out, read_row
from bench.harness import seconds


@dataclass(frozen=True)
class Statement:
    """Statement sent; without SQL the end of a transaction."""

    sql: str = ""
    params: Any = None
    is_in_transaction: bool = True


def against_statements(action: Callable[[], object], *, changes: Mapping[str, int]) -> tuple[float, float, int]:
    """Return the seconds of an action, the seconds of its statements sent bare just after it, and their number.

    `changes` are keys by table of the rows that the action changes: no others, but for those it makes.
    """
    with closing(client()) as session:
        with session, session.cursor() as cursor:
            before = keys_given_out(cursor)
            kept = [read_row(cursor, table, key) for table, key in changes.items()]
        with _recorded() as made:
            took = seconds(action)
        with session, session.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")  # no check of foreign keys
            _put_back(cursor, kept)
            delete_after(cursor, before)
        return took, seconds(lambda: _send(session, made)), sum(bool(each.sql) for each in made)


@contextmanager
def _recorded() -> Iterator[list[Statement]]:
    """Give a list to which the statements of the block are added."""
    made: list[Statement] = []
    connection: Any = connections["default"]
    commit = connection._commit

    def record(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if many:
            raise RuntimeError("A statement for many rows at once is not sent again.")
        made.append(Statement(sql, params, connection.in_atomic_block))
        return execute(sql, params, many, context)

    def record_commit() -> None:
        made.append(Statement())
        commit()

    with connection.execute_wrapper(record), patch.object(connection, "_commit", record_commit):
        yield made


def _put_back(cursor: Any, kept: list[Written]) -> None:
    for part in kept:
        cursor.execute(f"DELETE FROM {part.table} WHERE id = %s", [part.rows[0][part.columns.index("id")]])
        insert(cursor, part)


def _send(session: Connection, made: list[Statement]) -> None:
    with session.cursor() as cursor:
        for each in made:
            if not each.sql:
                session.commit()
                continue
            if session.autocommit is each.is_in_transaction:
                session.autocommit = not each.is_in_transaction
            cursor.execute(each.sql, each.params)
            if cursor.description:
                cursor.fetchall()
