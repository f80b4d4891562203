"""Ends of disputes that the previous release has recorded: it knows no charge-backs."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Case, CharField, Exists, F, OuterRef, QuerySet, Value, When
from django.db.models.functions import Concat, Length, Substr

from catalog.pricing import ZERO
from shop.orders.locks import lock_order_by
from shop.payments.charge_backs.models import ChargeBack
from shop.payments.charge_backs.services import lock_payment
from shop.payments.disputes import note_end
from shop.payments.models import Payment, PaymentEvent

CHUNK = 200
_ENDS = (PaymentEvent.Kind.DISPUTE_LOST, PaymentEvent.Kind.DISPUTE_WON)


def mend(*, now: datetime) -> int:
    """Note the charge-backs of ended disputes that have none; return their number. Does nothing once all processes know
    charge-backs. Locks the orders that each payment pays for, and it."""
    return sum(_mend(key, now=now) for key in list(_without_charge_back().values_list("pk", flat=True)[:CHUNK]))


@transaction.atomic
def _mend(event_id: int, *, now: datetime) -> bool:
    event = PaymentEvent.objects.select_related("payment").get(pk=event_id)
    assert event.payment is not None  # asked for below
    order = lock_order_by(pk=event.payment.order_id)
    lock_payment(event.payment, locked=[order] if order else [])
    note_end(event, event.payment, fee=ZERO, now=now)
    return True


def _without_charge_back() -> QuerySet[PaymentEvent]:
    """Return the ends of disputes, in the payment's currency, whose dispute has no row, the first told first."""
    named = When(
        event_id__endswith=Concat(Value(":"), F("kind"), output_field=CharField()),
        then=Substr("event_id", 1, Length("event_id") - Length("kind") - 1),
    )
    ended = PaymentEvent.objects.filter(
        kind__in=_ENDS, payment__status=Payment.Status.SUCCEEDED, currency=F("payment__currency")
    ).annotate(named=Case(named, default=Value(""), output_field=CharField()))
    noted = ChargeBack.objects.filter(payment=OuterRef("payment"), reference=OuterRef("named"))
    return ended.filter(~Exists(noted)).order_by("pk")
