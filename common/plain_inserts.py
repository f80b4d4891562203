"""New rows of a model in plain SQL, beside `common.plain_rows`: for what every purchase writes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from django.db import connection, transaction
from django.db.models import Field, Model
from django.db.models.expressions import DatabaseDefault


def insert_rows(rows: Sequence[Model], *, ignore_conflicts: bool = False) -> None:
    """Insert new rows of one model like `bulk_create`, which sends no signals either. One statement, none without rows.

    Each row gets its key, and what the database fills in; with `ignore_conflicts` none does unless all are new.
    """
    if rows:
        _insert(rows, ignore_conflicts=ignore_conflicts)


def insert_row(row: Model) -> None:
    """Insert one new row like `insert_rows`."""
    insert_rows([row])


def insert_if_new(row: Model) -> bool:
    """Insert a row unless a unique constraint refuses it; tell whether it is there by this call, and then locked by it.

    Waits for a transaction that is inserting such a row. One statement.
    """
    return bool(_insert([row], ignore_conflicts=True))


def _insert(rows: Sequence[Model], *, ignore_conflicts: bool) -> int:
    """Insert rows; return how many there are new. Each gets its key, unless one of several may not be new."""
    fields = _written(type(rows[0]))
    given = [[field.pre_save(row, add=True) for field in fields] for row in rows]
    places = [["DEFAULT" if isinstance(value, DatabaseDefault) else "%s" for value in values] for values in given]
    values = [
        field.get_db_prep_save(value, connection)
        for each in given
        for field, value in zip(fields, each, strict=True)
        if not isinstance(value, DatabaseDefault)
    ]
    into, returned = _statement(type(rows[0]))
    end = f"{' ON CONFLICT DO NOTHING' if ignore_conflicts else ''}{returned}"
    lists = ", ".join(f"({', '.join(each)})" for each in places)
    with transaction.mark_for_rollback_on_error(), connection.cursor() as cursor:
        cursor.execute(f"{into} VALUES {lists}{end}", values)
        made = cursor.fetchall()
    if len(made) < len(rows):
        return len(made)
    for row, (key, *filled) in zip(rows, made, strict=True):
        row.pk, row._state.adding, row._state.db = key, False, connection.alias
        for field, value in zip(_filled(type(row)), filled, strict=True):
            if isinstance(getattr(row, field.attname), DatabaseDefault):
                setattr(row, field.attname, value)
    return len(made)


@cache
def _written(model: type[Model]) -> list[Field[Any, Any]]:
    key = model._meta.pk
    return [field for field in model._meta.concrete_fields if field is not key and not field.generated]


@cache
def _filled(model: type[Model]) -> list[Field[Any, Any]]:
    """Return the fields that the database may fill in, none of a kind that would have to be converted."""
    return [field for field in _written(model) if field.has_db_default() and not hasattr(field, "from_db_value")]


@cache
def _statement(model: type[Model]) -> tuple[str, str]:
    quote = connection.ops.quote_name
    columns = ", ".join(quote(str(field.column)) for field in _written(model))
    returned = ", ".join(quote(str(field.column)) for field in (model._meta.pk, *_filled(model)))
    return f"INSERT INTO {quote(model._meta.db_table)} ({columns})", f" RETURNING {returned}"
