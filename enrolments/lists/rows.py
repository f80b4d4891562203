"""Writing many rows of a list at once."""

from __future__ import annotations

import json
from collections.abc import Sequence

from django.db import connection

from enrolments.lists.models import ListRow

WRITE = """
UPDATE enrolments_listrow AS row
SET email = new.email, first_name = new.first_name, last_name = new.last_name, course_typed = new.course_typed,
    role_typed = new.role_typed, language_typed = new.language_typed, team_typed = new.team_typed,
    address = new.address, course_id = new.course_id, role_id = new.role_id, verdict = new.verdict,
    detail = new.detail, step = new.step, seat_id = new.seat_id, took_place = new.took_place,
    team_id = new.team_id, team_seats = new.team_seats,
    person_id = new.person_id, placed_at = new.placed_at, told_at = new.told_at
FROM jsonb_to_recordset(%s) AS new (
    id bigint, email text, first_name text, last_name text, course_typed text, role_typed text,
    language_typed text, team_typed text, address text, course_id bigint, role_id bigint, verdict text,
    detail jsonb, step text, seat_id bigint, took_place boolean, team_id bigint,
    team_seats integer, person_id bigint, placed_at timestamptz,
    told_at timestamptz
)
WHERE row.id = new.id
"""
COLUMNS = (
    "id", "email", "first_name", "last_name", "course_typed", "role_typed", "language_typed", "team_typed", "address",
    "course_id", "role_id", "verdict", "detail", "step", "seat_id", "took_place", "team_id", "team_seats", "person_id",
    "placed_at", "told_at",
)  # fmt: skip


def write_rows(rows: Sequence[ListRow]) -> None:
    """Save rows of a list as they are now. One statement, none without rows."""
    if not rows:
        return
    values = [{column: getattr(row, column) for column in COLUMNS} for row in rows]
    with connection.cursor() as cursor:
        # Not by DjangoJSONEncoder, which drops microseconds: a moment must stay the one of the seat.
        cursor.execute(WRITE, [json.dumps(values, default=str)])
