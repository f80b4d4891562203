"""Sending money owed for units given back: by the providers that took it, the newest payment first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet, Sum
from django.utils.translation import gettext_lazy as _

from accounts.people.models import User
from catalog.pricing import ZERO
from common.again import again_after_deadlock
from common.moments import local_day
from common.refusals import Refused
from outbox.jobs.services import NewJob, enqueue_many
from shop.orders.giving_back.owed import owed_for, take_off
from shop.orders.giving_back.paying_back import NothingOwed, OwedDiffers
from shop.orders.locks import lock_order
from shop.orders.models import Order, OrderEvent
from shop.orders.transitions import record
from shop.payments.models import Payment, PaymentEvent, Settlement
from shop.payments.refunds.models import Refund
from shop.payments.registry import get_provider, method_label
from shop.payments.requests.models import Allocation
from shop.postings import services as postings

JOB_KIND = "refund"


class NoProviderSends(Refused):
    """Refusal because no provider can send any of what is owed."""

    message = _("None of the payment methods used for this order can send the money back. Send it yourself.")


@dataclass(frozen=True)
class Share:
    """Part of an amount owed that goes back by the provider of one payment."""

    payment: Payment
    amount: Decimal

    @property
    def method(self) -> str:
        return method_label(self.payment.provider)


def shares_of(order: Order, owed: Decimal) -> list[Share]:
    """Share an amount owed out to the payments of an order whose providers send money back, the newest first, none more
    than it has left. The shares may sum to less. Four queries."""
    shares, rest = [], owed
    for payment, left in _left_of(order):
        part = min(rest, left)
        if part > 0 and sends(payment, part):
            shares.append(Share(payment, part))
            rest -= part
    return shares


def sends(payment: Payment, amount: Decimal) -> bool:
    """Tell whether the provider of a payment sends an amount of it back."""
    provider = get_provider(payment.provider)
    return provider is not None and provider.refunds and (amount == payment.amount or provider.partial_refunds)


@again_after_deadlock
@transaction.atomic
def send_back(*, order_id: int, owed: Decimal, actor: User, now: datetime) -> Decimal:
    """Send what is owed for an order, as the merchant saw it, back by the providers that took it. Return the amount:
    what they cannot send stays owed.

    The providers are called by jobs, after the commit. Locks the order, then its payments by key. Raises NothingOwed,
    OwedDiffers, NoProviderSends and Order.DoesNotExist.
    """
    order = lock_order(order_id)
    if not (owed_now := owed_for(order)):
        raise NothingOwed
    if owed_now != owed:
        raise OwedDiffers
    list(_payments_of(order).order_by("pk").select_for_update(no_key=True).values_list("pk"))
    shares = shares_of(order, owed)
    if not shares:
        raise NoProviderSends
    amount = sum((share.amount for share in shares), ZERO)
    refunds = [_refund(order, share, actor=actor, now=now) for share in shares]
    numbers = ", ".join(map(str, refunds))
    take_off(order, amount, on=local_day(now), reference=numbers, actor=actor, now=now)
    detail = {"worth": str(amount), "reason": numbers}
    postings.post_note(record(order, OrderEvent.What.REFUND_ASKED, actor=actor, now=now, detail=detail))
    send_by_jobs(refunds)
    return amount


def send_by_jobs(refunds: Sequence[Refund], *, due_at: datetime | None = None) -> None:
    """Record the jobs that call the providers of refunds next."""
    enqueue_many(
        NewJob(
            kind=JOB_KIND,
            key=f"refund:{refund.pk}:{refund.times_asked}",
            payload={"refund": refund.pk},
            account_id=refund.order.account_id if refund.order else None,
            order_id=refund.order_id,
            due_at=due_at,
        )
        for refund in refunds
    )


def _refund(order: Order, share: Share, *, actor: User, now: datetime) -> Refund:
    return Refund.objects.create(
        order=order,
        payment=share.payment,
        way=Refund.Way.PROVIDER,
        amount=share.amount,
        currency=order.currency,
        asked_at=now,
        asked_by=actor,
    )


def _left_of(order: Order) -> list[tuple[Payment, Decimal]]:
    """Return the payments that pay for an order, the newest first, each with the part that has not gone back of what it
    gave to the order. Refunds made at the provider's own site count as gone."""
    payments = list(_payments_of(order).filter(status=Payment.Status.SUCCEEDED, currency=order.currency))
    given = _by_payment(Allocation.objects.filter(request__order=order, released_at__isnull=True))
    sent = _by_payment(Refund.objects.standing().filter(order=order, payment__in=payments, handling__isnull=True))
    elsewhere = gone_elsewhere(payments)
    return [
        (
            payment,
            given.get(payment.pk, payment.amount) - sent.get(payment.pk, ZERO) - elsewhere.get(payment.pk, ZERO),
        )
        for payment in payments
    ]


def _payments_of(order: Order) -> QuerySet[Payment]:
    given = Exists(Allocation.objects.filter(payment=OuterRef("pk"), request__order=order, released_at__isnull=True))
    settled = Exists(Settlement.objects.filter(payment=OuterRef("pk"), order=order))
    return Payment.objects.filter(given | settled).order_by("-pk")


def _by_payment(rows: QuerySet[Any]) -> dict[int, Decimal]:
    return dict(rows.order_by().values_list("payment").annotate(Sum("amount")))


def gone_elsewhere(payments: Sequence[Payment]) -> dict[int, Decimal]:
    """Return what providers told of payments that went back by no refund of ours, or that is disputed, by payment."""
    told = PaymentEvent.objects.filter(payment__in=payments, outcome=PaymentEvent.Outcome.RECORDED)
    gone: dict[int, Decimal] = {}
    lost: dict[int, Decimal] = {}
    for payment_id, kind, amount in told.order_by("pk").values_list("payment", "kind", "amount"):
        sums = gone if kind in PaymentEvent.REFUNDS else lost
        sign = -1 if kind in (PaymentEvent.Kind.REFUND_FAILED, PaymentEvent.Kind.DISPUTE_WON) else 1
        if kind != PaymentEvent.Kind.DISPUTE_LOST:
            sums[payment_id] = sums.get(payment_id, ZERO) + sign * amount
        else:
            # Told first as a dispute, or not at all.
            sums[payment_id] = max(sums.get(payment_id, ZERO), amount)
    return {key: gone.get(key, ZERO) + lost.get(key, ZERO) for key in {*gone, *lost}}
