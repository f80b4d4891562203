"""Money of a payment that nothing has happened to yet."""

from __future__ import annotations

from decimal import Decimal

from django.db.models import F, Sum
from django.db.models.functions import Coalesce

from catalog.pricing import ZERO
from shop.payments.models import MoneyHandling, Payment, PaymentEvent


def rest_of(payment: Payment) -> Decimal:
    """Return how much of a payment is given to no order, not kept as credit, not sent back, and not taken back by the
    bank. Three queries."""
    given = payment.allocations.filter(released_at__isnull=True).aggregate(sum=Sum("amount"))["sum"] or ZERO
    gone = payment.charge_backs.standing().aggregate(sum=Sum("amount"))["sum"] or ZERO
    return max(payment.amount - given - gone - handled_of(payment), ZERO)


def handled_of(payment: Payment, *, how: MoneyHandling.How | None = None) -> Decimal:
    """Return how much of a payment was kept as credit or sent back; by one of both where it is named. One query."""
    marks = MoneyHandling.objects.filter(
        event__payment=payment, event__outcome__in=PaymentEvent.UNALLOCATED, undone_at__isnull=True
    )
    used = (MoneyHandling.How.CREDIT, MoneyHandling.How.SENT_BACK) if how is None else (how,)
    whole = Coalesce("amount", F("event__payment__amount"))
    return marks.filter(how__in=used).aggregate(sum=Sum(whole))["sum"] or ZERO
