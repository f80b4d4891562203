"""Refunds and disputes that providers tell of: they are about money received earlier."""

from __future__ import annotations

from datetime import datetime

from shop.orders.locks import lock_order_by
from shop.orders.models import Order
from shop.payments.charge_backs.services import lock_payment
from shop.payments.disputes import follow_dispute
from shop.payments.models import Payment, PaymentEvent
from shop.payments.port import ProviderEvent
from shop.payments.refunds.following import hear
from shop.postings import services as postings

Outcome = PaymentEvent.Outcome


def note_afterwards(
    row: PaymentEvent, event: ProviderEvent, *, now: datetime
) -> tuple[Order | None, Payment | None, str]:
    """Note a new event about money received earlier; return its order, its payment and its outcome.

    Locks the order of the payment, the orders that it pays for, and the payment. A refund that the shop has sent is
    followed there. An unknown payment is not created.
    """
    payment = Payment.objects.filter(provider=event.provider, reference=event.reference).first()
    if payment is None:
        return lock_order_by(number=event.order_number), None, Outcome.UNKNOWN_PAYMENT
    order = lock_order_by(pk=payment.order_id)
    lock_payment(payment, locked=[order] if order else [])
    if row.kind in PaymentEvent.REFUNDS and hear(event, payment, now=now):
        return order, payment, Outcome.KNOWN
    row.order, row.payment, row.outcome = order, payment, Outcome.RECORDED
    PaymentEvent.objects.filter(pk=row.pk).update(order=order, payment=payment, outcome=Outcome.RECORDED)
    if row.kind in PaymentEvent.REFUNDS:
        postings.post_refund(row)
        return order, payment, Outcome.RECORDED
    return order, payment, follow_dispute(row, payment, fee=event.fee, lost_at=event.lost_at, now=now)
