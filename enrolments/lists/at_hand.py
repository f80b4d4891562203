"""Free seats that a list may use."""

from __future__ import annotations

import datetime
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db import connection
from django.db.models import Q

from accounts.members.parts import Part
from enrolments.courses.roles.models import Role
from enrolments.lists.models import PeopleList
from enrolments.scope import may_use
from enrolments.seats.batches.models import SeatBatch
from enrolments.seats.models import Seat

# Free seats in the order in which a list takes them, the first to expire first; of like ones no more than people.
AT_HAND = """
WITH kind AS (
    SELECT DISTINCT batch_id, role_id, team_id, keeps_place
    FROM enrolments_seat
    WHERE batch_id = ANY(%(batches)s) AND state = 'available' AND people_list_id IS NULL
)
SELECT id, batch_id, role_id, team_id, keeps_place, until FROM (
    SELECT seat.*, row_number() OVER (
        PARTITION BY batch.group_id, batch.course_list, batch.starts_at, batch.ends_at, batch.duration_days,
            seat.role_id, seat.team_id, seat.keeps_place
        ORDER BY seat.until NULLS LAST, seat.id
    ) AS rank
    FROM kind JOIN enrolments_seatbatch batch ON batch.id = kind.batch_id CROSS JOIN LATERAL (
        SELECT id, batch_id, role_id, team_id, keeps_place, coalesce(valid_until, batch.valid_until) AS until
        FROM enrolments_seat
        WHERE batch_id = batch.id AND state = 'available' AND people_list_id IS NULL
            AND role_id IS NOT DISTINCT FROM kind.role_id AND team_id IS NOT DISTINCT FROM kind.team_id
            AND keeps_place = kind.keeps_place
            AND coalesce(valid_until, batch.valid_until, 'infinity') > %(now)s
        ORDER BY id LIMIT %(people)s
    ) AS seat
) AS at_hand
WHERE rank <= %(people)s
ORDER BY until NULLS LAST, id
"""


@dataclass(slots=True)
class LikeSeats:
    """Free seats of one batch, role and team, all with a kept place or all without: `sample` has what the rules look
    at, `left` the key of each."""

    sample: Seat
    left: deque[int] = field(default_factory=deque)


def seats_at_hand(
    people_list: PeopleList,
    people: int,
    now: datetime.datetime,
    part: Part | None = None,
    sessions: Sequence[SeatBatch] = (),
) -> list[LikeSeats]:
    """Return free seats the list may use: those declared for a role first, then those of a team. Three statements.

    Given batches of sessions, their seats take the place of those of the list, in the order given.
    An operator limited to `part` by its orders and teams alone uses no others; by courses also those of no team, whose
    course is judged by row.
    """
    batches = {batch.pk: batch for batch in sessions} or batches_of(people_list, now)
    place = {pk: index for index, pk in enumerate(batches)} if sessions else {}
    roles = {role.pk: role for role in Role.objects.all()}
    found: dict[tuple[int, int | None, int | None, bool], LikeSeats] = {}
    with connection.cursor() as cursor:
        cursor.execute(AT_HAND, {"batches": list(batches), "people": people, "now": now})
        for seat_id, batch_id, role_id, team_id, keeps_place, until in cursor.fetchall():
            key = (batch_id, role_id, team_id, keeps_place)
            if not _may_use(part, batches[batch_id], team_id):
                continue
            if key not in found:
                batch, role = batches[batch_id], roles.get(role_id)
                sample = Seat(
                    batch=batch,
                    account_id=batch.account_id,
                    course=batch.course,
                    role=role,
                    team_id=team_id,
                    keeps_place=keeps_place,
                    valid_until=until if until != batch.valid_until else None,
                )
                found[key] = LikeSeats(sample)
            found[key].left.append(seat_id)
    return sorted(
        found.values(),
        key=lambda like: (like.sample.role_id is None, like.sample.team_id is None, place.get(like.sample.batch_id, 0)),
    )


def _may_use(part: Part | None, batch: SeatBatch, team_id: int | None) -> bool:
    if part is not None and part.courses and team_id is None:
        return True
    return may_use(part, team_id=team_id, order_id=batch.order_id, course_id=None)


def batches_of(people_list: PeopleList, now: datetime.datetime) -> dict[int, SeatBatch]:
    """Return the batches of seats a list may use, by key: the session's, or those of the entry that are valid. None is
    frozen."""
    extended = Seat.objects.filter(account=people_list.account_id, valid_until__gt=now)
    batches = SeatBatch.objects.filter(
        Q(valid_until__isnull=True) | Q(valid_until__gt=now) | Q(pk__in=extended.values("batch")),
        account_id=people_list.account_id,
        frozen_for=[],
    ).select_related("course")
    if people_list.group_id is not None:
        of_list = batches.filter(group=people_list.group_id, source=SeatBatch.Source.SESSION)
    else:
        of_list = batches.filter(entry_code=people_list.entry_code, source=SeatBatch.Source.PACK)
    return {batch.pk: batch for batch in of_list}
