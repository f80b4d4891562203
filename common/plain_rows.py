"""Rows of a model in plain SQL, for reads that every page or every purchase needs: the ORM takes several times as long
to write such a statement as Postgres to answer it. Locks are taken by the ORM, where tests find them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import Model

M = TypeVar("M", bound=Model)


@dataclass(frozen=True)
class _Shape:
    """Columns of a model: their names as attributes, their SQL, and what turns a value of Postgres into Python's, by
    place."""

    names: list[str]
    select: str
    conversions: list[tuple[int, Callable[[Any], Any]]]


def plain_rows(model: type[M], rest: str, parameters: Sequence[Any]) -> list[M]:
    """Return the rows of a model for which `rest` holds: the SQL from WHERE on, in which the table is `this`. One
    statement. `rest` is never made of what a person typed."""
    shape = _shape_of(model)
    with connection.cursor() as cursor:
        cursor.execute(f"{shape.select} {rest}", parameters)
        found = cursor.fetchall()
    if shape.conversions:
        found = [_converted(row, shape.conversions) for row in found]
    return [model.from_db(DEFAULT_DB_ALIAS, shape.names, row) for row in found]


def plain_row(model: type[M], rest: str, parameters: Sequence[Any]) -> M | None:
    """Return the first of `plain_rows`, None if there is none."""
    return next(iter(plain_rows(model, rest, parameters)), None)


@cache
def _shape_of(model: type[Model]) -> _Shape:
    fields = model._meta.concrete_fields
    columns = ", ".join(f"this.{connection.ops.quote_name(str(field.column))}" for field in fields)
    table = connection.ops.quote_name(model._meta.db_table)
    conversions: list[tuple[int, Callable[[Any], Any]]] = []
    for place, field in enumerate(fields):
        column = field.get_col(model._meta.db_table)
        conversions += [
            (place, _conversion(convert, column))
            for convert in (*connection.ops.get_db_converters(column), *column.get_db_converters(connection))
        ]
    select = f"SELECT {columns} FROM {table} this"  # noqa: S608  names of the model's own
    return _Shape([field.attname for field in fields], select, conversions)


def _conversion(convert: Callable[[Any, Any, Any], Any], column: Any) -> Callable[[Any], Any]:
    return lambda value: convert(value, column, connection)


def _converted(row: Sequence[Any], conversions: list[tuple[int, Callable[[Any], Any]]]) -> list[Any]:
    values = list(row)
    for place, convert in conversions:
        values[place] = convert(values[place])
    return values
