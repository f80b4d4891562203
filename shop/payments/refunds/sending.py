"""Sending money owed for units given back: by the providers that took it, by transfer, or as credit of the account.

It is shared out to the payments that paid for the order, the newest first, so that none gives back more than it gave.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import models, transaction
from django.db.models import Exists, OuterRef, QuerySet, Sum
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.people.models import User
from catalog.pricing import ZERO
from common.again import again_after_deadlock
from common.moments import local_day
from common.refusals import Refused
from outbox.jobs.services import NewJob, enqueue_many
from shop.orders import mails
from shop.orders.giving_back.owed import owed_for, take_off
from shop.orders.giving_back.paying_back import NothingOwed, OwedDiffers, refund_once_all_went_back
from shop.orders.history.models import OrderEvent
from shop.orders.locks import lock_order
from shop.orders.models import Order
from shop.orders.transitions import record
from shop.payments.charge_backs.selectors import at_stake_by_payment
from shop.payments.models import Payment, PaymentEvent, Settlement
from shop.payments.refunds.models import Refund
from shop.payments.registry import get_provider, method_label
from shop.payments.requests.models import Allocation
from shop.payments.transfers_back.models import PayeeAccount
from shop.postings import facts
from shop.postings import services as postings

JOB_KIND = "refund"
Way = Refund.Way


class How(models.TextChoices):
    """Wishes of how money goes back: the way it came as far as its providers send, else by one way."""

    AS_IT_CAME = "as_it_came", pgettext_lazy("way of a refund", "the way it came")
    TRANSFER = "transfer", pgettext_lazy("way of a refund", "by transfer")
    CREDIT = "credit", pgettext_lazy("way of a refund", "as credit of the account")


class NoAccountYet(Refused):
    """Refusal to keep money as the credit of an account that nobody has claimed."""

    message = _("Nobody has claimed this order yet, so its account has no member who could use a credit.")


class NoProviderSends(Refused):
    """Refusal because no provider can send any of what is owed."""

    message = _("None of the payment methods used for this order can send the money back. Send it yourself.")


class NoTransfer(Refused):
    """Refusal of a transfer in another currency than euros, or without a bank account."""

    message = _("A transfer needs the account holder and the IBAN, and goes in euros only.")


@dataclass(frozen=True)
class Share:
    """Part of an amount owed that goes back for one payment, by a way of `Refund.Way`."""

    payment: Payment
    amount: Decimal
    way: str

    @property
    def method(self) -> str:
        by_provider = self.way == Way.PROVIDER
        return method_label(self.payment.provider) if by_provider else str(Way(self.way).label)


def shares_of(order: Order, owed: Decimal, how: How = How.AS_IT_CAME) -> list[Share]:
    """Share an amount owed out to the payments of an order, the newest first, none more than it has left. The shares
    may sum to less: the way it came, no more goes back than providers send. Seven queries."""
    shares, rest = [], owed
    for payment, left in _left_of(order):
        part = min(rest, left)
        way = _way_of(payment, part, how) if part > 0 else None
        if way:
            shares.append(Share(payment, part, way))
            rest -= part
    return shares


def _way_of(payment: Payment, amount: Decimal, how: How) -> str | None:
    """Return the way by which a part of a payment goes back; None for one that its provider does not send. Money
    of a credit is credit again."""
    if how is How.CREDIT or payment.provider == facts.CREDIT:
        return Way.CREDIT
    if how is How.TRANSFER:
        return Way.TRANSFER
    return Way.PROVIDER if sends(payment, amount) else None


def sends(payment: Payment, amount: Decimal) -> bool:
    """Tell whether the provider of a payment sends an amount of it back."""
    provider = get_provider(payment.provider)
    if provider is None or not provider.refunds or not provider.has_keys():
        return False
    return amount == payment.amount or provider.partial_refunds


@again_after_deadlock
@transaction.atomic
def send_back(
    *,
    order_id: int,
    owed: Decimal,
    how: How = How.AS_IT_CAME,
    payee: PayeeAccount | None = None,
    actor: User,
    now: datetime,
) -> Decimal:
    """Send what is owed for an order, as the merchant saw it, back. Return the amount: the way it came, the part that
    providers cannot send stays owed. `payee` is the bank account for a transfer.

    Providers are called by jobs, after the commit; transfers wait for a file. Locks the order, then its payments by
    key. Raises NothingOwed, OwedDiffers, NoProviderSends, NoAccountYet, NoTransfer and Order.DoesNotExist.
    """
    order = lock_order(order_id)
    if not (owed_now := owed_for(order)):
        raise NothingOwed
    if owed_now != owed:
        raise OwedDiffers
    if how is How.CREDIT and not order.is_claimed:
        raise NoAccountYet
    if how is How.TRANSFER:
        check_transfer(payee, order.currency)
    list(_payments_of(order).order_by("pk").select_for_update(no_key=True).values_list("pk"))
    shares = shares_of(order, owed, how)
    if not shares:
        raise NoProviderSends
    amount = sum((share.amount for share in shares), ZERO)
    refunds = [_refund(order, share, payee, actor=actor, now=now) for share in shares]
    numbers = ", ".join(map(str, refunds))
    take_off(order, amount, on=local_day(now), reference=numbers, actor=actor, now=now)
    detail = {"worth": str(amount), "reason": numbers}
    postings.post_note(record(order, OrderEvent.What.REFUND_ASKED, actor=actor, now=now, detail=detail))
    begin(refunds, now=now)
    return amount


def check_transfer(payee: PayeeAccount | None, currency: str) -> None:
    """Raise NoTransfer unless a transfer can go to a bank account: in euros, and the account is known."""
    if currency != "EUR" or payee is None or payee.is_blank:
        raise NoTransfer


def begin(refunds: Sequence[Refund], *, now: datetime) -> None:
    """Set refunds that were just asked for on their way: jobs call the providers, what stays as credit is there at
    once, and transfers wait for a file."""
    send_by_jobs([refund for refund in refunds if refund.way == Way.PROVIDER])
    for refund in refunds:
        if refund.way == Way.CREDIT:
            Refund.objects.filter(pk=refund.pk).update(state=Refund.State.DONE, done_at=now)
            refund.state, refund.done_at = Refund.State.DONE, now
            postings.post_refund_done(refund)
            if refund.order is not None:
                mails.queue_refund_sent(refund.order, refund_id=refund.pk, now=now)
                refund_once_all_went_back(refund.order, now=now)


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


def _refund(order: Order, share: Share, payee: PayeeAccount | None, *, actor: User, now: datetime) -> Refund:
    return Refund.objects.create(
        order=order,
        payment=share.payment,
        way=share.way,
        payee=payee if share.way == Way.TRANSFER else None,
        amount=share.amount,
        currency=order.currency,
        asked_at=now,
        asked_by=actor,
    )


def _left_of(order: Order) -> list[tuple[Payment, Decimal]]:
    """Return the payments that pay for an order, the newest first, each with the part that has not gone back of what it
    gave to the order. Refunds made at the provider's own site count as gone."""
    payments = list(_payments_of(order).filter(status=Payment.Status.SUCCEEDED, currency=order.currency))
    allocations = Allocation.objects.filter(request__order=order)
    given = dict.fromkeys(allocations.values_list("payment", flat=True), ZERO)
    given |= _by_payment(allocations.filter(released_at__isnull=True))
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
    for payment_id, kind, amount in told.order_by("pk").values_list("payment", "kind", "amount"):
        if kind in PaymentEvent.REFUNDS:
            sign = -1 if kind == PaymentEvent.Kind.REFUND_FAILED else 1
            gone[payment_id] = gone.get(payment_id, ZERO) + sign * amount
    for payment_id, amount in at_stake_by_payment(payments).items():
        gone[payment_id] = gone.get(payment_id, ZERO) + amount
    return gone
