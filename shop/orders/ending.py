"""End of an unpaid order: cancelled, or expired."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.people.models import User
from common.again import again_after_deadlock
from common.refusals import Refused
from documents.issued.mailed import hold_mails
from shop.orders import mails
from shop.orders.contexts import line_contexts, order_with_people
from shop.orders.history.models import OrderEvent
from shop.orders.hooks import undo_pre_payment
from shop.orders.in_turn import in_turn
from shop.orders.models import Order
from shop.orders.transitions import move_order
from shop.papers.credit_notes.services import credit_ended
from shop.payments.requests.services import withdraw


class OrderNotCancellable(Refused):
    """Refusal to cancel an order that is not unpaid."""

    message = _("Only an order that waits for payment can be cancelled.")


@again_after_deadlock
@transaction.atomic
def cancel_order(
    *, order_id: int, actor: User | None, now: datetime, reason: str = "", needs_scripts: bool = False
) -> None:
    """Cancel an unpaid order and free its holds. Locks the order, then the courses of its lines.

    `reason` is kept in the order's history. Cancelling twice is no error. Raises OrderNotCancellable once the order is
    paid or expired. A handler that is broken or gone stops nothing, its holds are freed; with `needs_scripts` it raises
    ScriptBroken.
    """
    order = order_with_people(order_id)
    if order.status == Order.Status.CANCELLED:
        return
    if order.status != Order.Status.PLACED:
        raise OrderNotCancellable
    detail = {"reason": reason} if reason else None
    what = OrderEvent.What.CANCELLED
    _end(order, Order.Status.CANCELLED, what=what, actor=actor, now=now, detail=detail, needs_scripts=needs_scripts)


def expire_orders(*, now: datetime) -> int:
    """Expire every order whose unpaid time is over, each in its own transaction. Return the number of orders expired.

    An order that is locked, by a payment for instance, is left to the next round; so is one that cannot expire because
    a handler fails.
    """
    due = Order.objects.filter(status=Order.Status.PLACED, expires_at__lte=now)
    expire = partial(_expire, now=now)
    return in_turn(due, "expires_at", expire, failed="Order %s could not end unpaid.", now=now)


@again_after_deadlock
@transaction.atomic
def _expire(order_id: int, *, now: datetime) -> bool:
    locked = Order.objects.select_for_update(no_key=True, skip_locked=True).filter(
        pk=order_id, status=Order.Status.PLACED, expires_at__lte=now
    )
    if not locked.exists():
        return False
    order = order_with_people(order_id)
    _end(order, Order.Status.EXPIRED, what=OrderEvent.What.EXPIRED, actor=None, now=now)
    return True


def _end(
    order: Order,
    status: str,
    *,
    what: str,
    actor: User | None,
    now: datetime,
    detail: dict[str, Any] | None = None,
    needs_scripts: bool = False,
) -> None:
    held = order.lines.order_by("position")
    if order.places_released_at is not None:
        held = held.filter(places_held=0)  # the others gave back what they held when their places were released
    lines = list(held)
    event = move_order(order, status, what=what, actor=actor, now=now, detail=detail)
    received = withdraw(order, event, now=now)
    undo_pre_payment(lines, line_contexts(order, lines, now=now), now=now, needs_scripts=needs_scripts)
    mails.queue_ended_unpaid(order, received=received, now=now)
    if credit_ended(order, by=actor, now=now):
        hold_mails(order_id=order.pk, at=now)
