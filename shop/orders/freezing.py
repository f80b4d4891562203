"""Freezing of orders whose buyer withdraws from the contract or disputes the payment (DOMAIN: *Frozen*)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
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
def freeze(
    *,
    order_id: int,
    reason: FrozenFor,
    lines: Collection[int] | None = None,
    now: datetime,
    actor: User | None = None,
) -> bool:
    """Freeze an order, or some of its lines by key, for a reason: nothing more of them is delivered, assigned, moved or
    entered; places stay kept.

    Locks the order, its batches of seats by key. Returns False if they were frozen for that reason already; then
    nothing is written.
    """
    order = lock_order(order_id)
    before = _by_line(order)
    after = {pk: each | {reason.value} if lines is None or pk in lines else each for pk, each in before.items()}
    if after == before:
        return False
    _write(order, after, now=now)
    record(order, OrderEvent.What.FROZEN, actor=actor, now=now, detail={"for": reason.value})
    return True


@transaction.atomic
def unfreeze(*, order_id: int, reason: FrozenFor, now: datetime, actor: User | None = None, why: str = "") -> bool:
    """Lift a reason; with the last one of a line, what waited is delivered and people who could not enter get their
    time back.

    `why` is kept in the order's history. Locks like `freeze`, and the assigned seats. Returns False if the order was
    not frozen for that reason; then nothing is written.
    """
    order = lock_order(order_id)
    before = _by_line(order)
    after = {pk: reasons - {reason.value} for pk, reasons in before.items()}
    if after == before:
        return False
    _write(order, after, now=now)
    detail = {"for": reason.value} | ({"reason": why} if why else {})
    record(order, OrderEvent.What.UNFROZEN, actor=actor, now=now, detail=detail)
    thawed = [pk for pk, reasons in before.items() if reasons and not after[pk]]
    if thawed:
        deliver_again(order, lines=thawed, actor=actor, now=now)
    return True


def reasons_of(order: Order) -> set[str]:
    """Return the reasons for which an order, or a part of it, is frozen, each a value of FrozenFor. One query."""
    frozen = OrderLine.objects.filter(order=order).exclude(frozen_for=[]).order_by()
    return {reason for reasons in frozen.values_list("frozen_for", flat=True) for reason in reasons}


def _by_line(order: Order) -> dict[int, set[str]]:
    lines = OrderLine.objects.filter(order=order).order_by("pk").values_list("pk", "frozen_for")
    return {pk: set(reasons) for pk, reasons in lines}


def _write(order: Order, reasons: Mapping[int, set[str]], *, now: datetime) -> None:
    for alike in sorted({tuple(sorted(each)) for each in reasons.values()}):
        lines = [pk for pk, of_line in reasons.items() if of_line == set(alike)]
        OrderLine.objects.filter(pk__in=lines).update(frozen_for=list(alike))
    set_frozen(order_id=order.pk, reasons=reasons, now=now)
