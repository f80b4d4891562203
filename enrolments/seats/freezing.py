"""Freezing of what an order gave: nobody is placed on its seats, moved or let in, and no place is lost meanwhile.

People who have entered go on; seats are still revoked by giving units back.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection

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


def set_frozen(*, order_id: int, reasons: Collection[str], now: datetime.datetime) -> None:
    """Freeze the seats and enrolments of an order for these reasons, all there are; without any they are free to use.

    Seats of the order that were given to other accounts are among them. The caller holds the lock of the order. Locks
    the batches by key, then, where the last reason goes, their assigned seats.
    """
    wanted = sorted(FrozenFor(reason).value for reason in reasons)
    with transaction.atomic():
        locked = SeatBatch.objects.filter(order_id=order_id).select_for_update(no_key=True).order_by("pk")
        batches = list(locked.values_list("pk", "frozen_for"))
        frozen = [pk for pk, before in batches if before]
        if not wanted and frozen:
            with connection.cursor() as cursor:
                cursor.execute(GIVE_TIME_BACK, [now, frozen])
        since = Coalesce(F("frozen_at"), now) if wanted else None
        SeatBatch.objects.filter(pk__in=[pk for pk, _before in batches]).update(frozen_for=wanted, frozen_at=since)
        lines = Ground.objects.live().filter(order_id=order_id, kind=Ground.Kind.LINE)
        lines.update(is_frozen=bool(wanted))
