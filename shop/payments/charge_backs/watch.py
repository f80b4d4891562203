"""Payments that banks may still take back: their providers are asked about them now and then, since a message may be
lost. The older a payment, the less often."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from outbox.jobs.services import NewJob, enqueue_many
from shop.payments.models import Payment
from shop.payments.port import CallRefused, NotificationRefused
from shop.payments.registry import get_provider, in_use
from shop.payments.services import settle_told

AT_ONCE = 500
MOST_OFTEN, LEAST_OFTEN = timedelta(days=1), timedelta(days=30)

# The next look is after half the payment's age; none once its bank cannot take it back any more.
_TAKE_DUE = """
UPDATE shop_payment payment SET look_again_at = CASE
    WHEN payment.created_at + due.recall_for > %(now)s AND payment.status <> 'declined'
    THEN %(now)s + LEAST(GREATEST((%(now)s - payment.created_at) / 2, %(shortest)s::interval), %(longest)s::interval)
END
FROM (
    SELECT taken.id, recall_for FROM (
        SELECT id, provider FROM shop_payment WHERE look_again_at <= %(now)s
        ORDER BY look_again_at LIMIT %(most)s FOR NO KEY UPDATE SKIP LOCKED
    ) taken LEFT JOIN unnest(%(providers)s::text[], %(periods)s::interval[]) AS known (provider, recall_for)
        USING (provider)
) due
WHERE payment.id = due.id
RETURNING payment.id, payment.provider, payment.look_again_at,
    payment.status = 'succeeded' AND payment.created_at <= %(now)s - %(shortest)s::interval
"""


def look_again(*, now: datetime) -> int:
    """Record a job for each payment that is due for a look, at most 500; return their number. Locks the payments."""
    periods = {each.name: each.recall_for for each in in_use() if each.recall_for}
    told: dict[str, Any] = {
        "now": now,
        "shortest": str(MOST_OFTEN),
        "longest": str(LEAST_OFTEN),
        "most": AT_ONCE,
        "providers": list(periods),
        "periods": [str(period) for period in periods.values()],
    }
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_TAKE_DUE, told)
            taken = cursor.fetchall()
        looks = [
            NewJob(kind=job_kind_of(provider), key=f"look:{pk}:{int(now.timestamp())}", payload={"payment": pk})
            for pk, provider, next_look, is_old in taken
            if next_look is not None and is_old
        ]
        enqueue_many(looks)
    return len(looks)


def job_kind_of(provider: str) -> str:
    """Return the kind of the jobs that look at payments of a provider: one each, so that a silent one holds up no
    other."""
    return f"look_at_{provider}"


def look_at_payment(*, payment_id: int, now: datetime) -> None:
    """Ask a payment's provider what has become of it, and note what is new. Locks nothing meanwhile. A refusal is final
    until the next look. Raises Unreachable."""
    payment = Payment.objects.get(pk=payment_id)
    provider = get_provider(payment.provider)
    if provider is None:
        return
    try:
        settle_told(provider.fetch_afterwards(payment.reference, now=now), now=now)
    except (CallRefused, NotificationRefused):
        return
