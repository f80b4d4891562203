"""Rows of units: their answers and, for the previous release, their existence.

A unit is an index below the quantity of its line; without answers it needs no row. The worker of the previous release
delivers from the rows, so until it is gone every unit gets one. A later release stops by deleting `complete_rows`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Exists, OuterRef

from common.plain_inserts import insert_rows
from handlers.contract import Units
from shop.orders.lines.models import WITHOUT_ANSWERS, OrderLine, OrderUnit
from shop.orders.models import Order

ENDED_UNPAID = (Order.Status.CANCELLED, Order.Status.EXPIRED)
MIGRATION = "0013_units_by_index"
# Late money may be taken by a process of the previous release, which delivers only units with rows. Processes of both
# releases run side by side during an update, never for a whole day.
ROLLED_OUT_AFTER = timedelta(days=1)
ROWS_A_BATCH = 10_000
ORDERS_A_BATCH = 500
ROWS_A_RUN = 1_000_000

COMPLETE = """
INSERT INTO shop_orderunit (line_id, index, answers, fields)
SELECT line.id, unit.index, '{}', '{}'
FROM shop_orderline line CROSS JOIN LATERAL generate_series(0, line.quantity - 1) AS unit (index)
WHERE line.id = ANY(%s)
ORDER BY line.id, unit.index
ON CONFLICT (line_id, index) DO NOTHING
"""

DELETE_BLANK_ROWS = """
DELETE FROM shop_orderunit WHERE id IN (
    SELECT unit.id FROM shop_orderunit unit JOIN shop_orderline line ON line.id = unit.line_id
    WHERE line.order_id = ANY(%s) AND unit.answers = '{}' AND unit.fields = '{}'
    LIMIT %s
)
"""


def write_rows(units: Iterable[tuple[OrderLine, Units]]) -> None:
    """Write the rows of lines just made, in the transaction that places their order. Builds no object for a unit
    without answers."""
    units = list(units)
    insert_rows(
        [
            OrderUnit(line=line, index=unit.index, answers=dict(unit.answers), fields=dict(unit.fields))
            for line, of_line in units
            for unit in of_line.answered
        ]
    )
    complete_rows(line for line, _of_line in units)


def complete_rows(lines: Iterable[OrderLine]) -> None:
    """Write the missing rows of lines whose order the caller has locked. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(COMPLETE, [[line.pk for line in lines]])


def delete_blank_rows(*, now: datetime) -> int:
    """Delete the rows without answers of orders that ended unpaid. Return the number of rows deleted.

    Rows with answers stay: late money may revive the order, and `complete_rows` then restores the others. Each batch is
    a transaction of its own that locks its orders; a locked order is left to the next run, and so are rows beyond
    `ROWS_A_RUN`. Deletes nothing within a day of the update to this release.
    """
    if not _is_rolled_out(now):
        return 0
    deleted = after = 0
    while deleted < ROWS_A_RUN:
        with transaction.atomic():
            orders = _lock_ended(after)
            count = _delete_of(orders) if orders else 0
        if not orders:
            break
        deleted += count
        if count < ROWS_A_BATCH:
            after = orders[-1]
    return deleted


def _lock_ended(after: int) -> list[int]:
    blank = OrderUnit.objects.filter(WITHOUT_ANSWERS, line__order=OuterRef("pk"))
    ended = Order.objects.filter(Exists(blank), pk__gt=after, status__in=ENDED_UNPAID).order_by("pk")
    locked = ended.select_for_update(no_key=True, skip_locked=True)
    return list(locked.values_list("pk", flat=True)[:ORDERS_A_BATCH])


def _delete_of(orders: list[int]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(DELETE_BLANK_ROWS, [orders, ROWS_A_BATCH])
        return int(cursor.rowcount)


def _is_rolled_out(now: datetime) -> bool:
    applied = MigrationRecorder.Migration.objects.filter(app="shop", name=MIGRATION)
    return applied.filter(applied__lte=now - ROLLED_OUT_AFTER).exists()
