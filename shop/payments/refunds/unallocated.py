"""Unallocated money sent back: late, second and wrong charges, and money of no order. It goes by the provider that took
it, or by transfer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from accounts.people.models import User
from catalog.pricing import ZERO
from common.again import again_after_deadlock
from common.refusals import Refused
from shop.orders.history.models import OrderEvent
from shop.orders.models import Order
from shop.orders.transitions import record
from shop.payments.models import MoneyHandling, Payment, PaymentEvent
from shop.payments.refunds.models import Refund
from shop.payments.refunds.sending import begin, check_transfer, gone_elsewhere, sends
from shop.payments.registry import method_label
from shop.payments.requests.using import close_event, lock_unallocated
from shop.payments.rest import rest_of
from shop.payments.transfers_back.models import PayeeAccount
from shop.postings import services as postings


class NotByProvider(Refused):
    """Refusal because the payment method sends nothing back, or not a part."""

    message = _(
        "This payment method cannot send the money back. Send it by transfer, or yourself, then mark this as resolved."
    )


class GoneAlready(Refused):
    """Refusal because nothing of the payment is left to be sent back."""

    message = _("Nothing of this payment is left to be sent back: it went back already, or is disputed.")


class RestDiffers(Refused):
    """Refusal because the amount has changed since the page was made."""

    message = _("The amount that can be sent back has changed meanwhile. Look at it again.")


@dataclass(frozen=True)
class WayBack:
    """Unallocated part of a payment that can be sent back, and the payment method that sends it; "" if that cannot."""

    amount: Decimal
    method: str


def way_back(event: PaymentEvent) -> WayBack | None:
    """Return what of an event's unallocated money can be sent back; None for nothing. Four queries."""
    payment = event.payment
    if payment is None or event.outcome not in PaymentEvent.UNALLOCATED or payment.status != Payment.Status.SUCCEEDED:
        return None
    amount = _left_of(payment)
    method = method_label(payment.provider) if sends(payment, amount) else ""
    return WayBack(amount, method) if amount > 0 else None


@again_after_deadlock
@transaction.atomic
def send_unallocated_back(
    *,
    event_id: int,
    amount: Decimal,
    reason: str,
    payee: PayeeAccount | None = None,
    actor: User,
    now: datetime,
) -> Decimal:
    """Send the unallocated money of an event back, `amount` as the merchant saw it, and mark the event as resolved: by
    transfer to `payee`, else by the provider.

    The provider is called by a job, after the commit; if the money does not arrive, the event needs attention again.
    Locks the payment's order, the payment and the event. Raises NoAttentionNeeded, ResolvedAlready, GoneAlready,
    RestDiffers, NotByProvider, NoTransfer and PaymentEvent.DoesNotExist.
    """
    order_id = PaymentEvent.objects.values_list("payment__order", flat=True).get(pk=event_id)
    order = Order.objects.select_for_update(no_key=True).filter(pk=order_id).first()
    event, payment = lock_unallocated(event_id)
    left = _left_of(payment)
    if left <= 0:
        raise GoneAlready
    if left != amount:
        raise RestDiffers
    if payee is not None:
        check_transfer(payee, payment.currency)
    elif not sends(payment, left):
        raise NotByProvider
    # The part that went back at the provider's own site, if any, is resolved with it.
    handling = close_event(event, MoneyHandling.How.SENT_BACK, rest_of(payment), reason, actor=actor, now=now)
    refund = Refund.objects.create(
        order=order,
        payment=payment,
        handling=handling,
        way=Refund.Way.TRANSFER if payee else Refund.Way.PROVIDER,
        payee=payee,
        amount=left,
        currency=payment.currency,
        asked_at=now,
        asked_by=actor,
    )
    postings.post_sent_back(handling, payment)
    if order is not None:
        detail = {"event": event.pk, "outcome": event.outcome, "reason": reason, "worth": str(left)}
        record(order, OrderEvent.What.MONEY_HANDLED, actor=actor, now=now, detail=detail)
    begin([refund], now=now)
    return left


def take_back(refund: Refund, *, now: datetime) -> None:
    """Make the unallocated money of a refund that failed unallocated again; its event needs attention once more. The
    caller holds the locks of the order and the refund; the mark is locked here."""
    marks = MoneyHandling.objects.select_for_update(no_key=True, of=("self",))
    handling = marks.get(refunds=refund)
    if handling.undone_at is not None or refund.payment is None:
        return
    handling.undone_at, handling.undone_by = now, refund.asked_by
    handling.save(update_fields=("undone_at", "undone_by"))
    postings.post_sent_back(handling, refund.payment)
    if refund.order is not None:
        detail = {"event": handling.event_id, "reason": str(refund)}
        record(refund.order, OrderEvent.What.MONEY_REOPENED, actor=None, now=now, detail=detail)


def _left_of(payment: Payment) -> Decimal:
    """Return the part of a payment that is given to nothing and still with the provider."""
    sent = Refund.objects.standing().filter(payment=payment).aggregate(sum=Sum("amount"))["sum"] or ZERO
    gone = gone_elsewhere([payment]).get(payment.pk, ZERO)
    return min(rest_of(payment), payment.amount - sent - gone)
