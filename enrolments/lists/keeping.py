"""Seats kept for the people of a list, each with a place in its course, until they are placed or the list is over."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from django.db import connection

from enrolments.lists.judging import Chosen
from enrolments.lists.models import ListRow, PeopleList
from enrolments.seats.models import Seat

KEEP = """
UPDATE enrolments_seat seat
SET people_list_id = %(list)s, course_id = kept.course_id, keeps_place = seat.keeps_place OR kept.takes_place
FROM unnest(%(seats)s::bigint[], %(courses)s::bigint[], %(takes)s::boolean[]) AS kept (seat_id, course_id, takes_place)
WHERE seat.id = kept.seat_id AND seat.state = 'available' AND seat.people_list_id IS NULL
"""
# A pack's seat has no course before it is assigned. One that was moved meanwhile only loses the mark.
LET_GO = """
UPDATE enrolments_seat seat
SET people_list_id = NULL,
    keeps_place = seat.keeps_place AND NOT row.took_place,
    course_id = CASE WHEN seat.state = 'available' AND batch.source = 'pack' THEN NULL ELSE seat.course_id END
FROM enrolments_listrow row, enrolments_seatbatch batch
WHERE row.id = ANY(%(rows)s) AND seat.id = row.seat_id AND batch.id = seat.batch_id AND seat.people_list_id = %(list)s
"""


def keep_seats(people_list: PeopleList, rows: Sequence[ListRow], chosen: Mapping[int, Chosen]) -> bool:
    """Keep the seats chosen for rows; return False, with nothing to be kept of it, if one was moved meanwhile.

    Expects the locks of the courses. Locks the seats by key. The rows have their seats then, not saved yet. Two
    statements.
    """
    seats = {chosen[row.line].seat_id: row for row in rows}
    _lock(seats)
    with connection.cursor() as cursor:
        cursor.execute(
            KEEP,
            {
                "list": people_list.pk,
                "seats": list(seats),
                "courses": [row.course_id for row in seats.values()],
                "takes": [chosen[row.line].takes_place for row in seats.values()],
            },
        )
        if cursor.rowcount != len(seats):
            return False
    for row in rows:
        choice = chosen[row.line]
        row.step, row.seat_id, row.took_place = ListRow.Step.KEPT, choice.seat_id, choice.takes_place
        row.team_id, row.team_seats = choice.team_id, choice.team_seats
    return True


def let_go(people_list: PeopleList, rows: Sequence[ListRow], verdicts: Mapping[int, str] | None = None) -> None:
    """Give back the seats kept for rows, with the places taken for them; the rows keep `verdicts`, by line, not saved
    yet.

    Expects the locks of the courses. Locks the seats by key. Two statements, none without rows.
    """
    if not rows:
        return
    _lock([row.seat_id for row in rows if row.seat_id is not None])
    with connection.cursor() as cursor:
        cursor.execute(LET_GO, {"list": people_list.pk, "rows": [row.pk for row in rows]})
    for row in rows:
        row.step, row.seat, row.took_place = ListRow.Step.NONE, None, False
        row.team, row.team_seats = None, 0
        row.verdict = (verdicts or {}).get(row.line, row.verdict)


def _lock(seat_ids: Collection[int]) -> None:
    locked = Seat.objects.filter(pk__in=list(seat_ids)).select_for_update(no_key=True).order_by("pk")
    list(locked.values_list("pk"))
