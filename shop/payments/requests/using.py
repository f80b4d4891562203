"""Unallocated money used by the merchant: given to an order, or kept as the account's credit."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from common.again import again_after_deadlock
from common.refusals import Refused
from shop.orders.history.models import OrderEvent
from shop.orders.models import Order
from shop.orders.transitions import record
from shop.payments.attention import NoAttentionNeeded, ResolvedAlready
from shop.payments.models import MoneyHandling, Payment, PaymentEvent
from shop.payments.requests.asked import still_to_come
from shop.payments.requests.receiving import receive
from shop.payments.requests.services import parts_of
from shop.payments.rest import rest_of
from shop.postings import services as postings

if TYPE_CHECKING:
    from accounts.people.models import User

Outcome = PaymentEvent.Outcome
How = MoneyHandling.How


class NoSuchOrder(Refused):
    """Refusal because no order has the typed number, or another customer account has it."""

    field = "order"
    message = _("No order of this customer account has that number.")


class DoesNotFit(Refused):
    """Refusal because the order takes nothing of the money: nothing is asked, its places are gone, or too little."""

    message = _(
        "This money cannot be given to that order: nothing is open there, or it has ended and its places cannot all be "
        "had again for it. Keep it as credit, or send it back."
    )


class NobodysCredit(Refused):
    """Refusal to keep money as credit that came without an order, and so without a customer account."""

    message = _("Nobody knows whose money this is. Give it to an order first.")


@again_after_deadlock
@transaction.atomic
def apply_money(*, event_id: int, order_number: str, reason: str, actor: User, now: datetime) -> Decimal:
    """Give the unallocated money of an event to an order: its own, or another of the same account; money that came
    without an order to any. The order gets no more than it asks for; the rest stays unallocated. Return the amount.

    An order that has ended comes back by it if its places can be had again. Locks the order, the payment, the event,
    and the courses of the order's lines if places have to be held again. Raises NoSuchOrder, DoesNotFit,
    NoAttentionNeeded and ResolvedAlready; then nothing has changed.
    """
    order = Order.objects.select_for_update(no_key=True).filter(number=order_number.strip()).first()
    event, payment = lock_unallocated(event_id)
    if order is None or (payment.order is not None and payment.order.account_id != order.account_id):
        raise NoSuchOrder
    amount = min(rest_of(payment), still_to_come(parts_of(order)) or order.gross)
    give(order, event, payment, amount, reason, actor=actor, now=now)
    detail = {"event": event.pk, "outcome": event.outcome, "reason": reason, "worth": str(amount)}
    record(order, OrderEvent.What.MONEY_HANDLED, actor=actor, now=now, detail=detail)
    return amount


def give(
    order: Order,
    event: PaymentEvent,
    payment: Payment,
    amount: Decimal,
    reason: str,
    *,
    comes_back: bool = False,
    actor: User,
    now: datetime,
) -> None:
    """Give an amount of a locked payment to a locked order, and close the event once nothing of it is left. For
    `comes_back` see `receive`. Raises DoesNotFit."""
    outcome = receive(
        order,
        payment,
        amount=amount,
        in_pieces=True,
        is_new=not payment.allocations.exists(),
        actor=actor,
        now=now,
        comes_back=comes_back,
    )
    if outcome not in (Outcome.SETTLED, Outcome.ALLOCATED):
        raise DoesNotFit
    if not rest_of(payment):
        close_event(event, How.APPLIED, amount, reason, actor=actor, now=now)


@again_after_deadlock
@transaction.atomic
def keep_as_credit(*, event_id: int, reason: str, actor: User, now: datetime) -> Decimal:
    """Keep the unallocated money of an event as the credit of its order's account; return the amount.

    Locks the payment's order, the payment and the event. Raises NobodysCredit, NoAttentionNeeded and ResolvedAlready.
    """
    order_id = PaymentEvent.objects.values_list("payment__order", flat=True).get(pk=event_id)
    order = Order.objects.select_for_update(no_key=True).filter(pk=order_id).first()
    event, payment = lock_unallocated(event_id)
    if order is None:
        raise NobodysCredit
    amount = rest_of(payment)
    handling = close_event(event, How.CREDIT, amount, reason, actor=actor, now=now)
    postings.post_credit(handling, payment, order)
    detail = {"event": event.pk, "outcome": event.outcome, "reason": reason, "worth": str(amount)}
    record(order, OrderEvent.What.MONEY_HANDLED, actor=actor, now=now, detail=detail)
    return amount


def lock_unallocated(event_id: int) -> tuple[PaymentEvent, Payment]:
    """Lock the payment of an event, then the event. Raises NoAttentionNeeded unless its money is unallocated, and
    ResolvedAlready."""
    payment_id = PaymentEvent.objects.values_list("payment", flat=True).get(pk=event_id)
    list(Payment.objects.select_for_update(no_key=True).filter(pk=payment_id).values_list("pk"))
    event = PaymentEvent.objects.select_for_update(no_key=True, of=("self",)).get(pk=event_id)
    payment = Payment.objects.select_related("order").filter(pk=payment_id, status=Payment.Status.SUCCEEDED).first()
    if payment is None or event.outcome not in PaymentEvent.UNALLOCATED:
        raise NoAttentionNeeded(_("This payment needs no attention."))
    if event.handlings.filter(undone_at__isnull=True).exists() or not rest_of(payment):
        raise ResolvedAlready(_("This payment is resolved already."))
    return event, payment


def close_event(
    event: PaymentEvent, how: str, amount: Decimal, reason: str, *, actor: User, now: datetime
) -> MoneyHandling:
    """Mark a locked event as resolved by an amount of its money."""
    note = reason[: MoneyHandling.NOTE_LENGTH]
    return MoneyHandling.objects.create(
        event=event, how=how, amount=amount, handled_at=now, handled_by=actor, note=note
    )
