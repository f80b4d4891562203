"""Money that arrives after the order has ended unpaid."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from handlers.contract import Refusal
from shop.orders.contexts import handler_of, line_contexts
from shop.orders.hooks import lock_courses_of
from shop.orders.models import Order
from shop.orders.operator import with_standing_operator
from shop.orders.unit_rows import complete_rows


def places_retaken(order: Order, *, now: datetime) -> bool:
    """Hold the places of an expired or cancelled order again, for all lines or for none; tell whether it worked.

    Restores the rows of units that were deleted when the order had ended. The caller has locked the order; the courses
    of all lines are locked here, by key.
    """
    if order.status not in (Order.Status.EXPIRED, Order.Status.CANCELLED):
        return False
    lines = list(order.lines.order_by("position"))
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
    return True
