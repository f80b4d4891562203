"""Disputes of payments: the orders that the money pays for are frozen until it is kept, or the merchant lets them go
on."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Count, F, Q, QuerySet
from django.db.models.functions import Greatest
from django.utils.translation import gettext_lazy as _

from accounts.people.models import User
from common.again import again_after_deadlock
from common.refusals import Refused
from enrolments.seats.models import FrozenFor
from shop.orders.freezing import freeze, unfreeze
from shop.orders.models import Order, OrderLine
from shop.payments.models import Payment, PaymentEvent

Kind = PaymentEvent.Kind


class NotDisputed(Refused):
    """Refusal to let an order go on that is not frozen for a dispute."""

    message = _("The order is not frozen for a dispute, or goes on already.")


class NoReason(Refused):
    """Refusal to let a disputed order go on without a reason."""

    field = "reason"
    message = _("Say why: the reason is kept in the order’s history.")


def follow_dispute(event: PaymentEvent, payment: Payment, *, now: datetime) -> None:
    """Freeze the orders that a disputed payment pays for; lift that once none of an order's payments is disputed.

    Of messages in another order than they were sent, the end of a dispute counts more than its beginning. A lost
    dispute stays frozen: the merchant decides. Locks like `freeze`; does nothing for other kinds of events.
    """
    if event.kind not in PaymentEvent.DISPUTES:
        return
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
    given = Q(pk__in=payment.allocations.filter(released_at__isnull=True).values("request__order"))
    return Order.objects.filter(given | Q(settlement__payment=payment)).order_by("pk")


def _at_stake(order_id: int) -> QuerySet[Payment]:
    """Return the payments of an order with more disputes begun, or lost, than won or otherwise ended."""
    given = Q(allocations__request__order=order_id, allocations__released_at__isnull=True)
    pays = Payment.objects.filter(given | Q(settlement__order=order_id)).values("pk")

    def told(kind: str) -> Count:
        of_kind = Q(events__kind=kind, events__outcome=PaymentEvent.Outcome.RECORDED)
        return Count("events", filter=of_kind)

    counted = Payment.objects.filter(pk__in=pays).annotate(
        begun=told(Kind.DISPUTED), won=told(Kind.DISPUTE_WON), lost=told(Kind.DISPUTE_LOST)
    )
    return counted.annotate(stands=Greatest(F("begun"), F("lost"))).filter(stands__gt=F("won"))
