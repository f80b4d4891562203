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
    """Columns of a model: their names as attributes, their SQL and that of their table, and what turns a value of
    Postgres into Python's, by place."""

    names: list[str]
    select: str
    table: str
    conversions: list[tuple[int, Callable[[Any], Any]]]


def plain_rows(model: type[M], rest: str, parameters: Sequence[Any]) -> list[M]:
    """Return the rows of a model for which `rest` holds: the SQL from WHERE on, in which the table is `this`. One
    statement. `rest` is never made of what a person typed."""
    return [row for (row,) in plain_rows_with(model, "", rest, parameters)]


def plain_rows_with(
    model: type[M], columns: str, rest: str, parameters: Sequence[Any]
) -> list[tuple[M, *tuple[Any, ...]]]:
    """Return the rows of a model like `plain_rows`, each followed by the values of more columns, in SQL; `rest` may
    join other tables to `this` first. One statement. `columns` are never made of what a person typed either."""
    shape = _shape_of(model)
    more = f", {columns}" if columns else ""
    with connection.cursor() as cursor:
        cursor.execute(f"{shape.select}{more} {shape.table} {rest}", parameters)
        found = cursor.fetchall()
    if shape.conversions:
        found = [_converted(row, shape.conversions) for row in found]
    names, count = shape.names, len(shape.names)
    return [(model.from_db(DEFAULT_DB_ALIAS, names, row[:count]), *row[count:]) for row in found]


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
    return _Shape([field.attname for field in fields], f"SELECT {columns}", f"FROM {table} this", conversions)


def _conversion(convert: Callable[[Any, Any, Any], Any], column: Any) -> Callable[[Any], Any]:
    return lambda value: convert(value, column, connection)


def _converted(row: Sequence[Any], conversions: list[tuple[int, Callable[[Any], Any]]]) -> list[Any]:
    values = list(row)
    for place, convert in conversions:
        values[place] = convert(values[place])
    return values
