"""Money of a payment that its bank took back, and that comes again when the dispute is won after all."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from django.db.models import Sum

from catalog.pricing import ZERO
from shop.orders import mails
from shop.orders.history.models import OrderEvent
from shop.orders.models import Order
from shop.orders.transitions import record
from shop.payments.charge_backs.models import ChargeBack
from shop.payments.charge_backs.selectors import taken_back_from
from shop.payments.models import MoneyHandling, Payment, Settlement
from shop.payments.requests.asked import shares_of, still_to_come
from shop.payments.requests.models import Allocation, PaymentRequest
from shop.payments.requests.receiving import receive
from shop.payments.requests.services import allocate, ask_again, parts_of, reopen, requests_of
from shop.payments.rest import handled_of, rest_of
from shop.postings import services as postings


def lock_payment(payment: Payment, *, locked: Sequence[Order]) -> None:
    """Lock a payment, after the orders that it pays for; the caller holds the lock of those `locked`."""
    known = {order.pk for order in locked}
    _lock_orders(_orders_of(payment) - known)
    Payment.objects.select_for_update(no_key=True).values_list("pk").get(pk=payment.pk)
    # Given to one more order meanwhile: a deadlock is tried again.
    _lock_orders(_orders_of(payment) - known)


def take_back(
    *, payment: Payment, reference: str, amount: Decimal, fee: Decimal, lost_at: datetime, now: datetime
) -> None:
    """Note that the bank took an amount of a locked payment back at `lost_at`: what it paid for is owed again now.

    Unallocated money goes first, then what requests got, the latest first; then credit, and money that went back to the
    customer already. No more is taken than the payment has left. A dispute that is known as lost, or as won, changes
    nothing.
    """
    if payment.charge_backs.filter(reference=reference).exists():
        return
    _give_as_now(payment, now=now)
    taken = min(amount, payment.amount - taken_back_from(payment))
    left = taken - min(taken, rest_of(payment))
    shares = _shares(payment, left)
    left -= sum((part for _allocation, part in shares), ZERO)
    charge_back = ChargeBack.objects.create(
        payment=payment,
        reference=reference,
        amount=taken,
        from_credit=min(left, handled_of(payment, how=MoneyHandling.How.CREDIT)),
        fee=fee,
        lost_at=lost_at,
    )
    for allocation, part in shares:
        _release(allocation, part, charge_back, now=now)
    for order in {allocation.request.order for allocation, _part in shares}:
        mails.queue_charged_back(order, charge_back_id=charge_back.pk, now=now)
    postings.post_charge_back(charge_back)


def bring_again(*, payment: Payment, reference: str, now: datetime) -> Decimal:
    """Note that a dispute of a locked payment is won. Money that the bank had taken is given to the requests that it
    paid for before, as far as they still ask for it. Return the rest, which is unallocated money.

    One that is won before anybody told that it is lost never takes anything.
    """
    charge_back, is_new = ChargeBack.objects.get_or_create(
        payment=payment, reference=reference, defaults={"won_at": now}
    )
    if is_new or charge_back.won_at is not None:
        return ZERO
    charge_back.won_at = now
    charge_back.save(update_fields=("won_at",))
    postings.post_charge_back_won(charge_back)
    rest = ZERO
    for order_id, amount in _taken_from(charge_back):
        rest += amount - _give_again(order_id, payment, amount, now=now)
    return rest


def _give_again(order_id: int, payment: Payment, amount: Decimal, *, now: datetime) -> Decimal:
    """Give money that came again to a locked order, as far as it asks for it; return how much it took."""
    order = Order.objects.get(pk=order_id)
    part = min(amount, still_to_come(parts_of(order)))
    if part <= 0 or order.status in (Order.Status.CANCELLED, Order.Status.EXPIRED):
        return ZERO
    outcome = receive(order, payment, amount=part, in_pieces=True, is_new=False, actor=None, now=now)
    return part if outcome in ("settled", "allocated") else ZERO


def _shares(payment: Payment, amount: Decimal) -> list[tuple[Allocation, Decimal]]:
    given = payment.allocations.filter(released_at__isnull=True).select_related("request__order").order_by("-pk")
    shares = []
    for allocation in given:
        part = min(amount, allocation.amount)
        if part > 0:
            shares.append((allocation, part))
            amount -= part
    return shares


def _release(allocation: Allocation, part: Decimal, charge_back: ChargeBack, *, now: datetime) -> None:
    """Take a part of what a request got; the request is owed again, or promised as before."""
    request, order = allocation.request, allocation.request.order
    whole = {"charge_back": charge_back} if part == allocation.amount else {}
    Allocation.objects.filter(pk=allocation.pk).update(released_at=now, **whole)
    if not whole:
        both = {"payment": allocation.payment, "request": request, "at": allocation.at}
        Allocation.objects.create(**both, amount=part, released_at=now, charge_back=charge_back)
        Allocation.objects.create(**both, amount=allocation.amount - part)
    ask_again(request)
    detail = {"worth": str(part), "payment": allocation.payment_id}
    record(order, OrderEvent.What.CHARGED_BACK, actor=None, now=now, detail=detail)


def _give_as_now(payment: Payment, *, now: datetime) -> None:
    """Give a payment by which the previous release settled an order, without requests, to the request that this one
    would have made."""
    settlement = Settlement.objects.filter(payment=payment).select_related("order").first()
    if settlement is None or payment.allocations.exists() or settlement.order.is_free:
        return
    asked = requests_of(settlement.order, now=now)
    reopen(asked)
    allocate(payment, shares_of(asked, payment.amount, in_pieces=False), now=now)


def _taken_from(charge_back: ChargeBack) -> list[tuple[int, Decimal]]:
    by_order = charge_back.allocations.values_list("request__order").annotate(sum=Sum("amount"))
    return list(by_order.order_by("request__order"))


def _orders_of(payment: Payment) -> set[int]:
    paid = PaymentRequest.objects.filter(allocations__payment=payment).order_by()
    settled = Settlement.objects.filter(payment=payment).order_by()
    return {*paid.values_list("order", flat=True), *settled.values_list("order", flat=True)}


def _lock_orders(keys: set[int]) -> None:
    if keys:
        list(Order.objects.select_for_update(no_key=True).filter(pk__in=keys).order_by("pk").values_list("pk"))
