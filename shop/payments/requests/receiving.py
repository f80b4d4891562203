"""Money received for an order, given to its payment requests."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from catalog.pricing import ZERO
from common.plain_rows import plain_row
from shop.orders.history.models import OrderEvent
from shop.orders.models import Order
from shop.orders.transitions import record
from shop.papers import services as papers
from shop.payments.models import Payment, PaymentEvent, Settlement
from shop.payments.receipts.mails import queue_received
from shop.payments.requests.asked import Asked, Share, releases, shares_of, still_to_come, with_shares
from shop.payments.requests.models import Allocation, PaymentRequest
from shop.payments.requests.release import has_its_places, release_order
from shop.payments.requests.services import allocate, join, reopen, requests_of
from shop.postings import facts
from shop.postings import services as postings

if TYPE_CHECKING:
    from accounts.people.models import User

Outcome = PaymentEvent.Outcome


def receive(
    order: Order,
    payment: Payment,
    *,
    amount: Decimal,
    in_pieces: bool,
    is_new: bool,
    actor: User | None,
    now: datetime,
    begun_for: Callable[[], int | None] = lambda: None,
    comes_back: bool = False,
) -> Outcome:
    """Give `amount` of a locked payment to the requests of a locked order, and settle the order if that releases it.

    `in_pieces`: less than what is asked is taken as a part. An order that has ended takes nothing but what releases it.
    `begun_for` returns the key of the request for which the payment was begun, None if nobody knows. `is_new` tells
    that nothing of the payment was given to anything yet. `comes_back`: an ended order takes a piece all the same, as
    the caller gives it more at once and undoes all unless that releases it. Returns the outcome; nothing has changed
    where it is neither SETTLED nor ALLOCATED.
    """
    # An order that waits for its money has none.
    is_open = order.status == Order.Status.PLACED
    settlement = None if is_open else plain_row(Settlement, "WHERE order_id = %s", [order.pk])
    if settlement is not None and settlement.payment_id == payment.pk and not payment.charge_backs.exists():
        return Outcome.KNOWN
    if payment.currency != order.currency:
        return Outcome.SECOND_CHARGE if settlement else Outcome.MISMATCH
    if order.is_free:
        return _nothing_to_pay(order, payment, settlement, amount, actor=actor, now=now)
    asked = [] if settlement is not None and _is_of_before(order) else requests_of(order, now=now)
    shares = shares_of(asked, amount, in_pieces=in_pieces, begun_for=begun_for)
    if not shares:
        is_paid = settlement is not None and not still_to_come(asked)
        return Outcome.SECOND_CHARGE if is_paid else Outcome.MISMATCH
    released_by_it = settlement is None and releases(
        order, asked, more=[share.asked.request.pk for share in shares if share.is_whole]
    )
    if settlement is None and not released_by_it and not comes_back and order.status != Order.Status.PLACED:
        return Outcome.LATE
    if order.blanked_at is not None:
        return Outcome.LATE
    if released_by_it and not has_its_places(order, now=now):
        return Outcome.LATE
    _give(order, payment, asked, shares, amount, is_new=is_new, released=released_by_it, actor=actor, now=now)
    return Outcome.SETTLED if released_by_it else Outcome.ALLOCATED


def _is_of_before(order: Order) -> bool:
    """Tell whether a settled order knows no requests: the previous release settled it, by one payment of its total."""
    return not PaymentRequest.objects.filter(order=order).exists()


def _nothing_to_pay(
    order: Order, payment: Payment, settlement: Settlement | None, amount: Decimal, *, actor: User | None, now: datetime
) -> Outcome:
    if settlement is not None:
        return Outcome.SECOND_CHARGE
    if amount:
        return Outcome.MISMATCH
    if order.blanked_at is not None or not has_its_places(order, now=now):
        return Outcome.LATE
    release_order(
        order, method=payment.provider, payment=payment, deposits=ZERO, allocated=None, asked=[], actor=actor, now=now
    )
    return Outcome.SETTLED


def _give(
    order: Order,
    payment: Payment,
    asked: Sequence[Asked],
    shares: Sequence[Share],
    amount: Decimal,
    *,
    is_new: bool,
    released: bool,
    actor: User | None,
    now: datetime,
) -> None:
    number = 1 if is_new else 1 + Allocation.objects.filter(payment=payment).count()
    reopen(asked)
    allocate(payment, shares if is_new else join(payment, shares, now=now), now=now)
    queue_received(order, payment, shares, number=number)
    is_settled = released or order.status not in (Order.Status.PLACED, Order.Status.CANCELLED, Order.Status.EXPIRED)
    entry = facts.allocated_in_parts(payment, order, amount, number=number, is_settled=is_settled, at=now)
    if released:
        release_order(
            order,
            method=payment.provider,
            payment=payment if number == 1 else None,
            deposits=sum((each.received for each in asked), ZERO),
            allocated=entry,
            asked=with_shares(asked, shares),
            actor=actor,
            now=now,
        )
        return
    given = [(share.asked, share.amount) for share in shares]
    documents = papers.issue_at_receipt(order, payment, given, number=number, now=now)
    postings.post_allocated(entry, documents)
    record(order, OrderEvent.What.PART_PAID, actor=actor, now=now, detail={"worth": str(amount)})
