"""Amount proposed to be paid back after a withdrawal.

Everything but digital content that was asked for at once. Where the service began at the buyer's recorded request
(CC L221-25), the part of the enrolments' time that has passed since their people entered is owed. The merchant decides.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.db.models import Q

from catalog.pricing import round_money
from enrolments.grounds.models import Ground
from enrolments.seats.models import Seat
from shop.orders.models import Order
from shop.withdrawal.delay import withdrawable_lines


def proposed_amount(order: Order, *, now: datetime) -> Decimal:
    """Return what to pay back of a paid order, tax included; 0 for one that is not paid. Three queries at most."""
    if order.paid_at is None:
        return Decimal(0)
    lines = withdrawable_lines(order)
    total = sum((line.gross for line in lines), Decimal(0))
    if order.start_at_once_at is None:
        return total
    passed = _passed_by_line(order, now)
    places = _places_by_line(order)
    owed = Decimal(0)
    for line in lines:
        count = max(places.get(line.pk, line.quantity), 1)
        owed += round_money(line.gross * sum(passed.get(line.pk, ()), Decimal(0)) / count)
    return max(total - owed, Decimal(0))


def _passed_by_line(order: Order, now: datetime) -> dict[int, list[Decimal]]:
    """Return the passed part of each enrolment whose person has entered, from 0 to 1, by line."""
    entered = Ground.objects.live().filter(
        Q(kind=Ground.Kind.SEAT) | Q(kind=Ground.Kind.LINE),
        order_id=order.pk,
        enrolment__first_entered_at__isnull=False,
    )
    passed: dict[int, list[Decimal]] = {}
    for ground in entered.select_related("enrolment"):
        if ground.line_id is None or ground.ends_at is None or ground.enrolment.first_entered_at is None:
            continue
        begun = max(ground.starts_at, ground.enrolment.first_entered_at)
        whole = (ground.ends_at - ground.starts_at).total_seconds()
        part = Decimal((now - begun).total_seconds()) / Decimal(whole)
        passed.setdefault(ground.line_id, []).append(min(max(part, Decimal(0)), Decimal(1)))
    return passed


def _places_by_line(order: Order) -> dict[int, int]:
    places: dict[int, int] = {}
    for line_id in Seat.objects.filter(batch__order_id=order.pk).values_list("batch__line_id", flat=True):
        places[line_id] = places.get(line_id, 0) + 1
    return places
