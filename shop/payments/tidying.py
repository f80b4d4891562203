"""Payloads of payment events are blanked: the event and its outcome stay as long as its order."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from common.tidying import tidies
from shop.payments.models import PaymentEvent


@tidies("payment_payloads", "shop_paymentevent")
def payment_payloads(before: datetime, limit: int) -> int:
    """Blank payloads, but for those of events that wait for the merchant. Waits for no locked event."""
    full = PaymentEvent.objects.filter(received_at__lt=before).exclude(payload={})
    settled = full.exclude(pk__in=PaymentEvent.objects.needing_attention().values("pk")).order_by("received_at")
    with transaction.atomic():
        locked = settled.select_for_update(no_key=True, skip_locked=True, of=("self",))
        keys = list(locked.values_list("pk", flat=True)[:limit])
        PaymentEvent.objects.filter(pk__in=keys).update(payload={})
    return len(keys)
