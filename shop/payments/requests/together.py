"""Several pieces of unallocated money of an order, given to it together: alone, none would bring it back once ended."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from catalog.pricing import ZERO
from common.again import again_after_deadlock
from common.refusals import Refused
from shop.orders.history.models import OrderEvent
from shop.orders.locks import lock_order
from shop.orders.models import Order
from shop.orders.transitions import record
from shop.payments.models import Payment, PaymentEvent
from shop.payments.requests.asked import still_to_come
from shop.payments.requests.services import parts_of
from shop.payments.requests.using import DoesNotFit, give, lock_unallocated
from shop.payments.rest import rest_of

if TYPE_CHECKING:
    from accounts.people.models import User

ENDED = (Order.Status.CANCELLED, Order.Status.EXPIRED)


class MoneyChanged(Refused):
    """Refusal because money has come or gone since the page showed the sum."""

    message = _("The money that waits for this order has changed. Look at it again.")


def waiting_for(order: Order) -> list[PaymentEvent]:
    """Return one event for each unallocated payment of an order in its currency, the oldest first. One query."""
    events = (
        order.payment_events.needing_attention()
        .unallocated()
        .filter(payment__status=Payment.Status.SUCCEEDED, payment__order=order.pk, payment__currency=order.currency)
    )
    first = {event.payment_id: event for event in events.select_related("payment").order_by("-pk")}
    return [first[key] for key in sorted(first, key=lambda key: key or 0)]


def sum_waiting(order: Order) -> tuple[int, Decimal]:
    """Return the number and the sum of an order's unallocated payments."""
    rests = [rest_of(event.payment) for event in waiting_for(order) if event.payment is not None]
    return len(rests), sum(rests, ZERO)


@again_after_deadlock
@transaction.atomic
def apply_together(*, order_id: int, seen: Decimal, reason: str, actor: User, now: datetime) -> Decimal:
    """Give all unallocated payments of an order to it, no more than it asks for; return the amount.

    An order that has ended comes back if they release it together and its places can be had again. `seen` is the sum
    that was shown. Locks the order, its payments by key, their events, and the courses if places have to be held again.
    Raises MoneyChanged and DoesNotFit; then nothing has changed.
    """
    order = lock_order(order_id)
    locked = [lock_unallocated(event.pk) for event in waiting_for(order)]
    if not locked or sum((rest_of(payment) for _event, payment in locked), ZERO) != seen:
        raise MoneyChanged
    given = ZERO
    for event, payment in locked:
        given += _give(order, event, payment, reason, actor=actor, now=now)
    if not given or order.status in ENDED:
        raise DoesNotFit
    detail = {"reason": reason, "worth": str(given)}
    record(order, OrderEvent.What.MONEY_HANDLED, actor=actor, now=now, detail=detail)
    return given


def _give(order: Order, event: PaymentEvent, payment: Payment, reason: str, *, actor: User, now: datetime) -> Decimal:
    amount = min(rest_of(payment), still_to_come(parts_of(order)))
    if amount <= 0:
        return ZERO
    give(order, event, payment, amount, reason, comes_back=order.status in ENDED, actor=actor, now=now)
    return amount
