"""Freezing of what an order gave: nobody is placed on its seats, moved or let in, and no place is lost meanwhile.

People who have entered go on; seats are still revoked by giving units back.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection, Mapping

from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Coalesce

from enrolments.grounds.models import Ground
from enrolments.seats.batches.models import FrozenFor, SeatBatch

# People who could not enter while their seats were frozen get the time back.
GIVE_TIME_BACK = """
UPDATE enrolments_seat seat
SET enter_before = seat.enter_before + (%s - batch.frozen_at)
FROM enrolments_seatbatch batch
WHERE batch.id = seat.batch_id AND batch.id = ANY(%s) AND seat.state = 'assigned' AND seat.enter_before IS NOT NULL
"""


def set_frozen(*, order_id: int, reasons: Mapping[int, Collection[str]], now: datetime.datetime) -> None:
    """Freeze the seats and enrolments of lines of an order for these reasons by line id, all there are; without any
    they are free to use.

    Seats of the lines that were given to other accounts are among them. The caller holds the lock of the order. Locks
    the batches by key, then, where the last reason goes, their assigned seats. The number of statements does not depend
    on that of lines.
    """
    wanted = {line_id: tuple(sorted(FrozenFor(each).value for each in of_line)) for line_id, of_line in reasons.items()}
    with transaction.atomic():
        locked = SeatBatch.objects.filter(order_id=order_id, line_id__in=wanted)
        locked = locked.select_for_update(no_key=True).order_by("pk")
        batches = list(locked.values_list("pk", "line_id", "frozen_for"))
        thawed = [pk for pk, line_id, before in batches if before and not wanted[line_id]]
        if thawed:
            with connection.cursor() as cursor:
                cursor.execute(GIVE_TIME_BACK, [now, thawed])
        for alike in sorted(set(wanted.values())):
            lines = [line_id for line_id, of_line in wanted.items() if of_line == alike]
            since = Coalesce(F("frozen_at"), now) if alike else None
            of_lines = [pk for pk, line_id, _before in batches if line_id in lines]
            SeatBatch.objects.filter(pk__in=of_lines).update(frozen_for=list(alike), frozen_at=since)
            grounds = Ground.objects.live().filter(order_id=order_id, kind=Ground.Kind.LINE, line_id__in=lines)
            grounds.update(is_frozen=bool(alike))
