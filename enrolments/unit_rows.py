"""Rows by which the release before this one finds units; here a unit is its index in the order line.

Those rows belong to a floor above, which registers the name of their table. While processes of that release run beside
this one, they find seats and grounds by `unit_id`, so both columns are written; their own seats have no index, which is
read from the row instead. The release that stops writing the rows deletes this module and fills `unit_index` of the
last seats by a migration.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db import connection
from django.db.models import Q
from django.db.models.expressions import RawSQL

from enrolments.seats.models import Seat

# Relation with the columns id, line_id and index; empty until a table is registered.
_source = "(SELECT NULL::bigint AS id, NULL::bigint AS line_id, NULL::int AS index LIMIT 0)"


def register_unit_rows(table: str) -> None:
    """Register the table of the rows, which has the columns id, line_id and index."""
    global _source
    _source = table


def unit_rows() -> str:
    """Return the rows as SQL, to select from and to join with."""
    return _source


def row_of(line_id: int, unit_index: int) -> RawSQL:
    """Return the key of a unit's row, looked up by the statement that inserts it elsewhere; NULL without a row."""
    row = f"SELECT id FROM {_source} unit WHERE line_id = %s AND index = %s"  # noqa: S608
    return RawSQL(row, [line_id, unit_index])  # noqa: S611


def of_units(line_id: int, units: Sequence[range]) -> Q:
    """Make a condition on the seats or grounds of a line: they are of some of its units, given as ranges of indexes.

    The caller adds the condition on the line itself. The statement is as long for many units as for one.
    """
    bounds = [[run.start for run in units], [run.stop - 1 for run in units]]
    indexes = "SELECT generate_series(first, last) FROM unnest(%s::int[], %s::int[]) AS run (first, last)"
    rows = f"SELECT id FROM {_source} unit WHERE line_id = %s AND index IN ({indexes})"  # noqa: S608
    by_index = Q(unit_index__in=RawSQL(indexes, bounds))  # noqa: S611
    by_row = Q(unit_index__isnull=True, unit_id__in=RawSQL(rows, [line_id, *bounds]))  # noqa: S611
    return by_index | by_row


def read_unit_indexes(seats: Iterable[Seat]) -> None:
    """Set `unit_index` of seats that the release before this one made, on the objects alone.

    No query where every seat has an index, else one. A seat whose row is gone keeps None.
    """
    without = [seat for seat in seats if seat.unit_index is None]
    if not without:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id, index FROM {_source} unit WHERE id = ANY(%s)",  # noqa: S608
            [[seat.unit_id for seat in without]],
        )
        indexes = dict(cursor.fetchall())
    for seat in without:
        seat.unit_index = indexes.get(seat.unit_id)
