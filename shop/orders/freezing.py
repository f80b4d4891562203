"""Freezing of orders whose buyer withdraws from the contract or disputes the payment (DOMAIN: *Frozen*)."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.people.models import User
from enrolments.seats.batches.models import FrozenFor
from enrolments.seats.freezing import set_frozen
from shop.orders.fulfilment import deliver_again
from shop.orders.history.models import OrderEvent
from shop.orders.lines.models import OrderLine
from shop.orders.locks import lock_order
from shop.orders.models import Order
from shop.orders.transitions import record


@transaction.atomic
def freeze(*, order_id: int, reason: FrozenFor, now: datetime, actor: User | None = None) -> bool:
    """Freeze an order for a reason: nothing more of it is delivered, assigned, moved or entered; places stay kept.

    Locks the order, its batches of seats by key. Returns False if it was frozen for that reason already; then nothing
    is written.
    """
    order = lock_order(order_id)
    reasons = reasons_of(order)
    if reason in reasons:
        return False
    _write(order, {*reasons, reason}, now=now)
    record(order, OrderEvent.What.FROZEN, actor=actor, now=now, detail={"for": reason.value})
    return True


@transaction.atomic
def unfreeze(*, order_id: int, reason: FrozenFor, now: datetime, actor: User | None = None, why: str = "") -> bool:
    """Lift a reason; with the last one, what waited is delivered and people who could not enter get their time back.

    `why` is kept in the order's history. Locks like `freeze`, and the assigned seats. Returns False if the order was
    not frozen for that reason; then nothing is written.
    """
    order = lock_order(order_id)
    reasons = reasons_of(order)
    if reason not in reasons:
        return False
    left = reasons - {reason}
    _write(order, left, now=now)
    detail = {"for": reason.value} | ({"reason": why} if why else {})
    record(order, OrderEvent.What.UNFROZEN, actor=actor, now=now, detail=detail)
    if not left:
        deliver_again(order, actor=actor, now=now)
    return True


def reasons_of(order: Order) -> set[str]:
    """Return the reasons for which an order is frozen, each a value of FrozenFor. One query."""
    frozen = OrderLine.objects.filter(order=order).exclude(frozen_for=[]).order_by()
    return {reason for reasons in frozen.values_list("frozen_for", flat=True) for reason in reasons}


def _write(order: Order, reasons: set[str], *, now: datetime) -> None:
    OrderLine.objects.filter(order=order).update(frozen_for=sorted(reasons))
    set_frozen(order_id=order.pk, reasons=reasons, now=now)
