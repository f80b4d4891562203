"""Payment requests written: made with their order, paid piece by piece, withdrawn when it ends unpaid."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal

from django.db.models import Sum

from catalog.pricing import ZERO
from common.plain_inserts import insert_rows
from shop.orders.history.models import OrderEvent
from shop.orders.models import Order
from shop.payments.models import Payment, PaymentEvent
from shop.payments.requests.asked import Asked, Share, asked_of, of_payer
from shop.payments.requests.models import Allocation, PaymentRequest
from shop.postings import services as postings

State = PaymentRequest.State


def make_request(order: Order, *, now: datetime) -> list[Asked]:
    """Ask for an order's total at once, in one request; nothing for a zero total. The caller holds the order's lock, or
    has just made it. One statement."""
    if order.is_free:
        return []
    request = PaymentRequest(order=order, position=1, amount=order.gross, created_at=now)
    insert_rows([request])
    return [Asked(request, ZERO)]


def make_requests(order: Order, parts: Iterable[tuple[Decimal, date | None]], *, now: datetime) -> None:
    """Ask for the total of an order just made in parts: amounts that sum to it, each with the day on which it is due.
    One statement."""
    insert_rows(
        [
            PaymentRequest(order=order, position=position, amount=amount, due_on=due_on, created_at=now)
            for position, (amount, due_on) in enumerate(parts, 1)
        ]
    )


def requests_of(order: Order, *, now: datetime) -> list[Asked]:
    """Return the requests of a locked order that waits for money, or may again; made here for one that the previous
    release has placed. One query, and one statement where they are made."""
    return asked_of(order) or make_request(order, now=now)


def parts_of(order: Order) -> list[Asked]:
    """Return what an order asks for, for its page; one of the previous release that waits for money asks for its total.
    One query."""
    asked = asked_of(order)
    if asked or order.is_free or order.status != Order.Status.PLACED:
        return asked
    return [Asked(PaymentRequest(order=order, position=1, amount=order.gross), ZERO)]


def allocate(payment: Payment, shares: Sequence[Share], *, now: datetime) -> None:
    """Give a payment to requests of a locked order, which are paid once they have received all. Two statements."""
    insert_rows(
        [Allocation(payment=payment, request=share.asked.request, amount=share.amount, at=now) for share in shares]
    )
    paid = [share.asked.request.pk for share in shares if share.is_whole]
    if paid:
        PaymentRequest.objects.filter(pk__in=paid).update(state=State.PAID)


def reopen(asked: Sequence[Asked]) -> None:
    """Ask again for what was withdrawn when the order ended, since it comes back. One statement, none for others."""
    withdrawn = [each.request.pk for each in asked if each.request.state == State.WITHDRAWN]
    if withdrawn:
        PaymentRequest.objects.filter(pk__in=withdrawn).update(state=State.OPEN)


def ask_again(request: PaymentRequest) -> None:
    """Ask again for what a request of a locked order has lost, or leave it to its promise. One statement."""
    state = State.COVERED if request.promise else State.OPEN
    PaymentRequest.objects.filter(pk=request.pk, state=State.PAID).update(state=state)


def join(payment: Payment, shares: Sequence[Share], *, now: datetime) -> list[Share]:
    """Release what requests among `shares` have of the payment already, and return shares with it: a payment is given
    to a request in one row. One query, and one statement where there is such."""
    keys = [share.asked.request.pk for share in shares]
    held = Allocation.objects.filter(payment=payment, request__in=keys, released_at__isnull=True)
    had = dict(held.values_list("request", "amount"))
    if not had:
        return list(shares)
    held.update(released_at=now)
    return [_with(share, had.get(share.asked.request.pk, ZERO)) for share in shares]


def _with(share: Share, amount: Decimal) -> Share:
    return Share(Asked(share.asked.request, share.asked.received - amount), share.amount + amount)


def withdraw(order: Order, event: OrderEvent, *, now: datetime) -> Decimal:
    """Withdraw the requests of a locked order that has ended unpaid, as `event` tells. Money on them is unallocated
    money of its account from now on, and shown to the merchant. Return its sum. Three statements, and three more with
    such money."""
    PaymentRequest.objects.filter(order=order).exclude(state=State.WITHDRAWN).update(state=State.WITHDRAWN)
    held = Allocation.objects.filter(request__order=order, released_at__isnull=True)
    payments = dict(held.values_list("payment").annotate(sum=Sum("amount")).order_by())
    if not payments:
        return ZERO
    held.update(released_at=now)
    PaymentEvent.objects.filter(payment__in=payments, outcome=PaymentEvent.Outcome.ALLOCATED).update(
        outcome=PaymentEvent.Outcome.RELEASED
    )
    received = sum(payments.values(), ZERO)
    postings.post_released(order, event, received)
    return received


def lower_requests(
    *, order: Order, amount: Decimal, now: datetime, by_payer: Callable[[], Mapping[str, Decimal]] = dict
) -> Decimal:
    """Ask for less of a locked order, since units worth `amount` were given back: of what is due last first, promises
    included. Return the rest, which is owed back. One query, and one statement where something was still to come.

    Where an OPCO pays a share, `by_payer` tells what each payer's invoices say less: each is asked for that much less,
    whoever has paid already.
    """
    asked, left = asked_of(order), amount
    shares = by_payer() if any(each.payer for each in asked) else {}
    owed_back = ZERO
    for payer, share in shares.items():
        part = min(share, left)
        left -= part
        owed_back += _lower(of_payer(asked, payer, shares), part)
    owed_back += _lower(asked, left)
    if owed_back < amount:
        PaymentRequest.objects.bulk_update([each.request for each in asked], ["lowered", "state"])
    return owed_back


def _lower(asked: Iterable[Asked], amount: Decimal) -> Decimal:
    """Lower requests in memory, those that are due last first; return the rest of the amount."""
    for each in sorted(asked, key=_due_last_first):
        if amount > 0 and each.rest > 0 and each.request.state in (State.OPEN, State.COVERED):
            taken = min(amount, each.rest)
            each.request.lowered += taken
            if each.rest == 0:
                each.request.state = State.PAID
            amount -= taken
    return amount


def _due_last_first(asked: Asked) -> tuple[int, int]:
    due_on = asked.request.due_on
    return (-due_on.toordinal() if due_on else 0, -asked.request.position)
