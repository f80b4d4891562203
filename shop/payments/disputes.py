"""Disputes of payments: the orders that the money pays for are frozen until it is kept, or the merchant lets them go
on."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Count, F, Q, QuerySet
from django.db.models.functions import Greatest
from django.utils.translation import gettext_lazy as _

from accounts.people.models import User
from common.again import again_after_deadlock
from common.refusals import Refused
from enrolments.seats.batches.models import FrozenFor
from shop.orders.freezing import freeze, unfreeze
from shop.orders.lines.models import OrderLine
from shop.orders.models import Order
from shop.payments.charge_backs.services import bring_again, take_back
from shop.payments.models import Payment, PaymentEvent
from shop.payments.requests.models import Allocation

Kind = PaymentEvent.Kind
Outcome = PaymentEvent.Outcome
# Money that an order has, or that the bank has taken from it.
STANDING_OR_TAKEN = Q(released_at__isnull=True) | Q(charge_back__isnull=False)


class NotDisputed(Refused):
    """Refusal to let an order go on that is not frozen for a dispute."""

    message = _("The order is not frozen for a dispute, or goes on already.")


class NoReason(Refused):
    """Refusal to let a disputed order go on without a reason."""

    field = "reason"
    message = _("Say why: the reason is kept in the order’s history.")


def follow_dispute(
    event: PaymentEvent, payment: Payment, *, fee: Decimal, lost_at: datetime | None = None, now: datetime
) -> Outcome:
    """Freeze the orders that a disputed payment pays for; lift that once none of an order's payments is disputed.
    Money that the bank took back is owed again, and pays again if the dispute is won after all.

    Of messages in another order than they were sent, the end of a dispute counts more than its beginning. A lost
    dispute stays frozen: the merchant decides. The caller has locked the orders that the payment pays for, and it;
    locks like `freeze`. Returns the event's outcome: SECOND_CHARGE for money that came again and is not owed any more.
    """
    _freeze_or_lift(event, payment, now=now)
    return note_end(event, payment, fee=fee, lost_at=lost_at, now=now)


def note_end(
    event: PaymentEvent, payment: Payment, *, fee: Decimal, lost_at: datetime | None = None, now: datetime
) -> Outcome:
    """Note what a bank took by a dispute that is lost, at `lost_at` or now, or gave up of one that is won; return the
    event's outcome. Does nothing for one that has begun, nor in another currency. The caller holds the locks of
    `follow_dispute`."""
    if event.currency != payment.currency or payment.status != Payment.Status.SUCCEEDED:
        return Outcome.RECORDED
    reference = event.thing
    if event.kind == Kind.DISPUTE_LOST:
        take_back(payment=payment, reference=reference, amount=event.amount, fee=fee, lost_at=lost_at or now, now=now)
    elif event.kind == Kind.DISPUTE_WON and bring_again(payment=payment, reference=reference, now=now):
        PaymentEvent.objects.filter(pk=event.pk).update(outcome=Outcome.SECOND_CHARGE)
        return Outcome.SECOND_CHARGE
    return Outcome.RECORDED


def _freeze_or_lift(event: PaymentEvent, payment: Payment, *, now: datetime) -> None:
    for order_id in _paid_by(payment).values_list("pk", flat=True):
        at_stake = _at_stake(order_id)
        if event.kind != Kind.DISPUTE_WON and at_stake.filter(pk=payment.pk).exists():
            freeze(order_id=order_id, reason=FrozenFor.DISPUTE, now=now)
        elif event.kind == Kind.DISPUTE_WON and not at_stake.exists():
            unfreeze(order_id=order_id, reason=FrozenFor.DISPUTE, now=now)


@again_after_deadlock
@transaction.atomic
def let_go_on(*, order_id: int, reason: str, actor: User, now: datetime) -> None:
    """Let a disputed order go on, with the reason in its history. Locks like `unfreeze`. Raises NoReason and
    NotDisputed."""
    if not reason.strip():
        raise NoReason
    if not unfreeze(order_id=order_id, reason=FrozenFor.DISPUTE, now=now, actor=actor, why=reason.strip()):
        raise NotDisputed


def disputed_orders() -> QuerySet[Order]:
    """Return the orders that are frozen for a dispute."""
    # Without the second condition, the index would not serve.
    lines = OrderLine.objects.filter(frozen_for__contains=[FrozenFor.DISPUTE]).exclude(frozen_for=[])
    return Order.objects.filter(pk__in=lines.values("order"))


def _paid_by(payment: Payment) -> QuerySet[Order]:
    given = Q(pk__in=payment.allocations.filter(STANDING_OR_TAKEN).values("request__order"))
    return Order.objects.filter(given | Q(settlement__payment=payment)).order_by("pk")


def _at_stake(order_id: int) -> QuerySet[Payment]:
    """Return the payments of an order with more disputes begun, or lost, than won or otherwise ended."""
    given = Q(pk__in=Allocation.objects.filter(STANDING_OR_TAKEN, request__order=order_id).values("payment"))
    pays = Payment.objects.filter(given | Q(settlement__order=order_id)).values("pk")

    def told(kind: str) -> Count:
        return Count("events", filter=Q(events__kind=kind))

    counted = Payment.objects.filter(pk__in=pays).annotate(
        begun=told(Kind.DISPUTED), won=told(Kind.DISPUTE_WON), lost=told(Kind.DISPUTE_LOST)
    )
    return counted.annotate(stands=Greatest(F("begun"), F("lost"))).filter(stands__gt=F("won"))
