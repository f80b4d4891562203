"""Money of payments that banks took back, or may."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from decimal import Decimal

from django.db.models import Exists, OuterRef, QuerySet, Sum

from catalog.pricing import ZERO
from shop.orders.models import Order
from shop.payments.charge_backs.models import ChargeBack
from shop.payments.models import Payment, PaymentEvent
from shop.payments.requests.models import Allocation, PaymentRequest

Kind = PaymentEvent.Kind


def at_stake_by_payment(payments: Collection[Payment]) -> dict[int, Decimal]:
    """Return how much of payments is disputed, or lost in a currency that nobody can post, by key. Nothing that was
    taken back is part of it: their orders have it no more. Two queries."""
    told = PaymentEvent.objects.filter(payment__in=payments, kind__in=PaymentEvent.DISPUTES).order_by("pk")
    disputes: dict[tuple[int, str], list[PaymentEvent]] = {}
    for event in told:
        disputes.setdefault((event.payment_id or 0, event.thing), []).append(event)
    ended = set(ChargeBack.objects.filter(payment__in=payments).values_list("payment", "reference"))
    sums: dict[int, Decimal] = {}
    for (payment_id, thing), events in disputes.items():
        if (payment_id, thing) not in ended:
            sums[payment_id] = sums.get(payment_id, ZERO) + _at_stake(events)
    return sums


def taken_back_of(order: Order) -> Decimal:
    """Return how much of what an order had got is gone, as banks have taken it back. One query."""
    taken = Allocation.objects.filter(request__order=order, charge_back__in=ChargeBack.objects.standing())
    return taken.aggregate(sum=Sum("amount"))["sum"] or ZERO


def taken_back_from(payment: Payment) -> Decimal:
    """Return how much of a payment its bank has taken back. One query."""
    return payment.charge_backs.standing().aggregate(sum=Sum("amount"))["sum"] or ZERO


def charged_back_orders() -> QuerySet[Order]:
    """Return the orders that are owed money which a bank has taken back."""
    taken = Allocation.objects.filter(
        request__order=OuterRef("pk"), charge_back__lost_at__isnull=False, charge_back__won_at__isnull=True
    )
    owed = PaymentRequest.objects.filter(
        order=OuterRef("pk"), state__in=(PaymentRequest.State.OPEN, PaymentRequest.State.COVERED)
    )
    return Order.objects.filter(Exists(taken), Exists(owed))


def _at_stake(events: Sequence[PaymentEvent]) -> Decimal:
    """Return the amount of one dispute that has begun and not ended, or of several without a name."""

    def told(kind: str) -> Decimal:
        return sum((event.amount for event in events if event.kind == kind), ZERO)

    return max(max(told(Kind.DISPUTED), told(Kind.DISPUTE_LOST)) - told(Kind.DISPUTE_WON), ZERO)
