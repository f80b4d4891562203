"""Breaking constraints with raw SQL: the one helper of every test that attacks the database.

A new constraint needs one attack, in any test file: `with broken("its_name"): run("UPDATE …")`. The name is written
out, since `tests/project/test_every_constraint_is_broken.py` reads the sources for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from types import TracebackType

import pytest
from django.db import IntegrityError, connection, transaction


class broken:
    """Context manager whose block must be refused by exactly this constraint; reusable, also in a table of cases.

    The block is rolled back; constraints deferred to the end of the transaction are checked at the block's end.
    """

    def __init__(self, constraint: str) -> None:
        self.constraint = constraint

    def __repr__(self) -> str:
        return self.constraint

    def __enter__(self) -> None:
        self._refusal = _refusal(self.constraint)
        self._refusal.__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool | None:
        refusal: AbstractContextManager[None] = self._refusal
        return refusal.__exit__(kind, error, traceback)


@contextmanager
def _refusal(constraint: str) -> Iterator[None]:
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():  # noqa: PT012 (what is deferred is asked last)
        yield
        run("SET CONSTRAINTS ALL IMMEDIATE")
    assert refusal.value.__cause__.diag.constraint_name == constraint


def run(sql: str, *parameters: object) -> None:
    """Execute one statement, past models and services; parameters as psycopg2 takes them, `%s` each."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)


def copy(table: str, pk: int, **changes: object) -> None:
    """Insert a copy of a row under a new key, with a few columns changed."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped"
            " AND attgenerated = '' AND attname <> 'id'",
            [table],
        )
        columns = [name for (name,) in cursor.fetchall()]
        values = ", ".join("%s" if column in changes else column for column in columns)
        cursor.execute(
            f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values} FROM {table} WHERE id = %s",
            [*(changes[column] for column in columns if column in changes), pk],
        )
