"""Unassigned seats, as many as were paid for."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from django.db import connection, transaction

from enrolments.courses.roles.models import Role
from enrolments.seats.batches.models import REMIND_DAYS, SeatBatch
from enrolments.unit_rows import unit_rows
from enrolments.values import EntryRef, LineRef, Terms

GENERATE = """
WITH unit AS (
    SELECT generate_series(first, last) AS index FROM unnest(%(firsts)s::int[], %(lasts)s::int[]) AS run (first, last)
), made AS (
    INSERT INTO enrolments_seat (batch_id, account_id, unit_index, unit_id, number, state)
    SELECT %(batch)s, %(account)s, unit.index, known.id, number, 'available'
    FROM unit LEFT JOIN {unit_rows} AS known ON known.line_id = %(line)s AND known.index = unit.index
        CROSS JOIN generate_series(1, %(packsize)s) AS number
    ORDER BY unit.index, number
    RETURNING id
)
INSERT INTO enrolments_seatevent (seat_id, account_id, at, from_state, to_state, reason)
SELECT id, %(account)s, %(now)s, '', 'available', 'sold' FROM made ORDER BY id
"""


def generate_seats(
    *,
    line: LineRef,
    entry: EntryRef,
    units: Sequence[range],
    packsize: int,
    course_list: str,
    supervisor_role: Role | None,
    terms: Terms,
    valid_until: datetime.datetime | None,
    sold_at: datetime.datetime,
    now: datetime.datetime,
    start_before_days: int | None = None,
    remind_days: Sequence[int] = REMIND_DAYS,
) -> SeatBatch:
    """Make packsize available seats for each unit of a line, with their history; return the batch they share.

    `units` are ranges of indexes that do not overlap. The batch keeps the entry's terms as they are now. A second call
    for the line returns its batch and writes nothing. Locks nothing. Three statements, whatever the number of seats.
    """
    batch = SeatBatch(
        account_id=line.account_id,
        order_id=line.order_id,
        order_number=line.order_number,
        line_id=line.line_id,
        source=SeatBatch.Source.PACK,
        entry_code=entry.code,
        entry_name=dict(entry.name),
        course_list=course_list,
        supervisor_role=supervisor_role,
        duration_days=terms.duration_days,
        qualification_months=terms.qualification_months,
        starts_at=terms.starts_at,
        ends_at=terms.ends_at,
        valid_until=valid_until,
        start_before_days=start_before_days,
        remind_days=list(remind_days),
        move_days_before=entry.move_days_before,
        sold_at=sold_at,
    )
    present = SeatBatch.objects.filter(line_id=line.line_id, given_from=None).first()
    if present is not None:
        return present
    with transaction.atomic(savepoint=False):
        batch.save()
        with connection.cursor() as cursor:
            cursor.execute(
                GENERATE.format(unit_rows=unit_rows()),
                {
                    "batch": batch.pk,
                    "account": line.account_id,
                    "line": line.line_id,
                    "firsts": [run.start for run in units],
                    "lasts": [run.stop - 1 for run in units],
                    "packsize": packsize,
                    "now": now,
                },
            )
    return batch
