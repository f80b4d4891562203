"""Places of an order whose typed address nobody has proved: held for an hour, released, and taken again."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.db.models import Exists, OuterRef, Sum

from accounts.people.models import User
from common.again import again_after_deadlock
from enrolments.courses.places.models import PlaceHold
from enrolments.courses.places.services import free
from handlers.contract import Refusal
from shop.orders.contexts import handler_of, line_contexts, order_with_people
from shop.orders.history.models import OrderEvent
from shop.orders.hooks import lock_courses_of, undo_pre_payment
from shop.orders.in_turn import in_turn
from shop.orders.lines.models import OrderLine
from shop.orders.models import Order, OrderQuerySet
from shop.orders.operator import with_standing_operator
from shop.orders.transitions import record
from shop.orders.unit_rows import complete_rows

UNPROVED_HOLDS_FOR = timedelta(hours=1)


def release_unproved_places(*, now: datetime) -> int:
    """Release the places of every unpaid order that has held them for an hour without a proof of its address, each in
    its own transaction. Return the number of orders.

    An order that is locked, by a payment for instance, is left to the next round; so is one that fails.
    """
    release = partial(_release, now=now)
    return in_turn(_due(now), "placed_at", release, failed="Order %s could not release its places.", now=now)


def _due(now: datetime) -> OrderQuerySet:
    holding = OrderLine.objects.filter(order=OuterRef("pk"), places_held__gt=0)
    unpaid = Order.objects.unproved().filter(status=Order.Status.PLACED, places_released_at__isnull=True)
    # An order whose unpaid time is over ends, and frees its places by that.
    return unpaid.filter(Exists(holding), placed_at__lte=now - UNPROVED_HOLDS_FOR, expires_at__gt=now)


@again_after_deadlock
@transaction.atomic
def _release(order_id: int, *, now: datetime) -> bool:
    """Locks the order, then the courses of its lines."""
    due = _due(now).filter(pk=order_id)
    if not Order.objects.select_for_update(no_key=True, skip_locked=True).filter(pk=order_id).exists():
        return False
    if not due.exists():
        return False
    order = order_with_people(order_id)
    lines = lines_with_places(order)
    undo_pre_payment(lines, line_contexts(order, lines, now=now), now=now, needs_scripts=False)
    Order.objects.filter(pk=order.pk).update(places_released_at=now)
    record(order, OrderEvent.What.PLACES_RELEASED, actor=None, now=now)
    return True


def lines_with_places(order: Order) -> list[OrderLine]:
    """Return the lines of an order that held places at checkout."""
    return list(order.lines.filter(places_held__gt=0).order_by("position"))


@again_after_deadlock
@transaction.atomic
def prove_order(*, order_id: int, actor: User | None, now: datetime) -> Order:
    """Note that a mailed code proved the order's typed address, and take its places again if they were released.

    A second call changes nothing. Locks the order, then the courses of its lines.
    """
    order = order_with_people(order_id)
    if order.is_proved:
        return order
    Order.objects.filter(pk=order.pk).update(address_proved_at=now)
    order.address_proved_at = now
    record(order, OrderEvent.What.ADDRESS_PROVED, actor=actor, now=now)
    take_places_again(order, now=now)
    return order


def take_places_again(order: Order, *, now: datetime) -> bool:
    """Hold the released places of an unpaid order again, all or none; tell whether it has places now.

    The caller has locked the order; the courses of its lines are locked here, by key.
    """
    if not order.has_lost_places:
        return True
    return hold_again(order, lines_with_places(order), now=now)


def are_places_gone(order: Order) -> bool:
    """Tell whether an order that lost its places could not have them again at this moment. Locks nothing."""
    if not order.has_lost_places:
        return False
    holds = PlaceHold.objects.filter(order_id=order.pk, released_at__isnull=False).order_by()
    wanted = dict(holds.values_list("course").annotate(Sum("places")))
    left = free(list(wanted))
    return any((places := left[course_id]) is not None and places < number for course_id, number in wanted.items())


def hold_again(order: Order, lines: list[OrderLine], *, now: datetime) -> bool:
    """Hold the places of lines of a locked order again, all or none; tell whether it worked.

    Locks the courses of the lines, by key. Restores the rows of units that were deleted when an order had ended.
    """
    try:
        with transaction.atomic():
            contexts = with_standing_operator(lock_courses_of(lines, line_contexts(order, lines, now=now)))
            for line in lines:
                handler = handler_of(line)
                if handler is not None:
                    handler.retake(contexts[line.pk])
    except Refusal:
        return False
    complete_rows(lines)
    if order.places_released_at is not None:
        Order.objects.filter(pk=order.pk).update(places_released_at=None)
        order.places_released_at = None
        record(order, OrderEvent.What.PLACES_RETAKEN, actor=None, now=now)
    return True
