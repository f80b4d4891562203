"""Services outside that do not answer: their jobs wait, and one alone tries now and then.

The state is a row in Postgres, so that all workers know it. Waiting jobs are not claimed, so an outage uses up no
attempts but for those of the first few jobs, one each.

A service is called by a bounded number of jobs at a time, on all machines together: each holds a numbered place, a lock
of Postgres that ends with its transaction, and so with its worker however that dies.
"""

from __future__ import annotations

import logging
import zlib
from datetime import timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import BooleanField, ExpressionWrapper, F, Q
from django.db.models.functions import Coalesce, Now

from outbox.jobs.models import OutsideService

logger = logging.getLogger(__name__)

FAILURES_IN_A_ROW = 3
LEFT_ALONE_FOR = timedelta(seconds=30)

TAKE_PLACE = """
SELECT EXISTS (SELECT 1 FROM outbox_outsideservice WHERE name = %(service)s AND left_alone_until IS NOT NULL)
FROM generate_series(1, %(places)s) AS place WHERE pg_try_advisory_xact_lock(%(key)s, place) LIMIT 1
"""


def admit(service: str, *, trial_takes: timedelta) -> bool | None:
    """Ask to begin a call of a service in the caller's transaction; None when the call has to wait, else whether it is
    a trial: the service was away, and this call alone tries it.

    Locks the service's row if there was trouble. After a trial was admitted nobody else tries for `trial_takes`.
    """
    was_away = take_place(service)
    if not was_away:
        return was_away
    is_over = ExpressionWrapper(Q(left_alone_until__lte=Now()), output_field=BooleanField())
    away = (
        OutsideService.objects.filter(name=service, left_alone_until__isnull=False)
        .annotate(is_over=is_over)
        .select_for_update(no_key=True)
        .first()
    )
    if away is None:
        return False
    if not away.is_over:
        return None
    _leave_alone(service, trial_takes)
    return True


def take_place(service: str) -> bool | None:
    """Take one of the service's places until the end of the transaction; None when all are taken, else whether the
    service was away."""
    key = zlib.crc32(f"outbox.calls:{service}".encode()) - 2**31
    with connection.cursor() as cursor:
        cursor.execute(TAKE_PLACE, {"places": settings.OUTBOX_CALLS_AT_ONCE, "key": key, "service": service})
        row = cursor.fetchone()
    return None if row is None else row[0]


def note_answer(service: str) -> None:
    """Note that the service answered: its jobs go on. One statement, which mostly finds nothing to change."""
    failing = OutsideService.objects.filter(name=service, failures__gt=0)
    if failing.update(failures=0, failing_since=None, left_alone_until=None, last_error=""):
        logger.info("The service %s answers again.", service)


@transaction.atomic
def note_failure(service: str, *, error: str) -> bool:
    """Note that the service did not answer; True when its jobs wait from now on. Locks the service's row."""
    OutsideService.objects.bulk_create([OutsideService(name=service)], ignore_conflicts=True)
    row = OutsideService.objects.select_for_update(no_key=True).get(name=service)
    is_away = row.failures + 1 >= FAILURES_IN_A_ROW
    OutsideService.objects.filter(name=service).update(
        failures=F("failures") + 1, failing_since=Coalesce("failing_since", Now()), last_error=error
    )
    if is_away:
        _leave_alone(service, LEFT_ALONE_FOR)
    if row.failures + 1 == FAILURES_IN_A_ROW:
        logger.warning("The service %s does not answer: its jobs wait.", service)
    return is_away


def let_another_try(service: str) -> None:
    """End a trial that did not tell whether the service answers."""
    _leave_alone(service, timedelta(0))


def _leave_alone(service: str, wait: timedelta) -> None:
    OutsideService.objects.filter(name=service, failures__gt=0).update(left_alone_until=Now() + wait)
