"""The merchant takes units of a paid order back: some of them, or everything.

No money moves here. What the units were worth is kept in the order's history, for whoever pays it back.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.people.models import User
from catalog.pricing import ZERO, round_money
from common.again import again_after_deadlock
from enrolments.courses.places.services import lock_courses
from enrolments.courses.services import find_courses
from enrolments.grounds.models import Ground
from enrolments.seats.models import Seat
from handlers.contract import HandlerMissing, LineContext, Refusal, Revocation, RevokeReason, UnitContext
from shop.errors import ShopRefused
from shop.orders.contexts import handler_of, line_contexts, order_with_people
from shop.orders.hooks import keep_feedback, lock_courses_of
from shop.orders.models import LineFeedback, Order, OrderEvent, OrderLine, OrderUnit
from shop.orders.operator import with_standing_operator
from shop.orders.transitions import move_line, move_order, record


class GivingBackRefused(ShopRefused):
    """Nothing was given back. `unit` is the index of the unit to blame, where there is one."""

    def __init__(self, message: object, unit: int | None = None) -> None:
        super().__init__(str(message))
        self.unit = unit


@dataclass(frozen=True)
class GivenBack:
    """How many units were given back, and what they were worth, tax included, in the order's currency."""

    units: int
    worth: Decimal


@again_after_deadlock
@transaction.atomic
def give_units_back(
    *,
    order_id: int,
    unit_ids: Collection[int],
    actor: User,
    reason: str,
    now: datetime,
    include_consumed: bool = False,
    why: RevokeReason = RevokeReason.REFUNDED,
) -> GivenBack:
    """Gives units of a paid order back, whichever lines they stand on, delivered or not. All of them or none.

    Each line's handler takes back what it made of them; a line is given back when all its units are, the order is
    refunded when all its lines are, and completed when what is left of it is delivered. What somebody uses already is
    taken back only by the merchant's explicit yes, `include_consumed`. `reason` is kept in the history of order and
    seats. Locks the order, then every course concerned, by key. Raises GivingBackRefused.
    """
    order = order_with_people(order_id)
    if order.status not in (Order.Status.PAID, Order.Status.COMPLETED):
        raise GivingBackRefused(_("Only units of a paid order can be given back."))
    chosen = set(unit_ids)
    lines = list(order.lines.filter(units__in=chosen).distinct().order_by("position"))
    contexts = line_contexts(order, lines, now=now)
    units = {line.pk: [unit for unit in contexts[line.pk].units if unit.id in chosen] for line in lines}
    if not chosen or sum(len(of_line) for of_line in units.values()) != len(chosen):
        raise GivingBackRefused(_("Some of these units were given back already, or are not of this order."))
    _lock_every_course(lines, contexts)
    contexts = with_standing_operator(lock_courses_of(lines, contexts))
    revocation = Revocation(why, by=actor, include_consumed=include_consumed, note=reason)
    worth = ZERO
    for line in lines:
        worth += _give_back(line, contexts[line.pk], units[line.pk], revocation, now=now)
    _move_on(order, now=now)
    return GivenBack(len(chosen), worth)


def worth_of(line: OrderLine, context: LineContext, units: Collection[UnitContext]) -> Decimal:
    """What units of a line were worth, tax included: its price as it was sold, less that of the units it keeps.

    So the parts of a line that is given back little by little add up to its total, and a free unit is worth nothing.
    `context` holds the units that were not given back before.
    """
    gone = {unit.id for unit in units}
    kept = [unit for unit in context.units if unit.id not in gone]
    return max(ZERO, _price(line, context, context.units) - _price(line, context, kept))


def _price(line: OrderLine, context: LineContext, units: Sequence[UnitContext]) -> Decimal:
    try:
        handler = handler_of(line)
    except HandlerMissing:
        handler = None
    charged = len(units)
    if handler is not None and units:
        charged = handler.charged_units(context.parameters, units)
    net = round_money(line.unit_net * min(charged, line.charged))
    return net + round_money(net * line.tax_rate / 100)


def _give_back(
    line: OrderLine, context: LineContext, units: list[UnitContext], revocation: Revocation, *, now: datetime
) -> Decimal:
    worth = worth_of(line, context, units) if revocation.why is RevokeReason.REFUNDED else ZERO
    try:
        handler = handler_of(line)
        if handler is not None:
            with transaction.atomic():
                feedback = handler.revoke(context, units, revocation)
            keep_feedback(line, LineFeedback.Hook.REVOKE, feedback, now=now)
    except Refusal as refusal:
        raise GivingBackRefused(refusal.message, unit=refusal.unit) from refusal
    OrderUnit.objects.filter(pk__in=[unit.id for unit in units]).update(given_back_at=now)
    if len(units) == len(context.units):
        move_line(line, OrderLine.Status.GIVEN_BACK)
    record(
        line.order,
        OrderEvent.What.UNITS_GIVEN_BACK,
        actor=revocation.by,
        now=now,
        detail={
            "line": line.position,
            "units": ranges(unit.index + 1 for unit in units),
            "count": len(units),
            "worth": str(worth),
            "reason": revocation.note,
        },
    )
    return worth


def _move_on(order: Order, *, now: datetime) -> None:
    """What the order is when some of it was given back."""
    statuses = set(order.lines.order_by().values_list("status", flat=True).distinct())
    if statuses == {OrderLine.Status.GIVEN_BACK}:
        move_order(order, Order.Status.REFUNDED, what=OrderEvent.What.REFUNDED, actor=None, now=now)
    elif order.status == Order.Status.PAID and statuses <= set(OrderLine.DONE):
        move_order(order, Order.Status.COMPLETED, what=OrderEvent.What.COMPLETED, actor=None, now=now, completed_at=now)


def _lock_every_course(lines: Sequence[OrderLine], contexts: dict[int, LineContext]) -> None:
    """Locks by key, in one statement, the courses of what the lines were sold for and those their seats are used in."""
    names: set[str] = set()
    for line in lines:
        with suppress(HandlerMissing):
            handler = handler_of(line)
            if handler is not None:
                names.update(handler.courses_to_lock(contexts[line.pk].parameters))
    ids = {course.pk for course in find_courses(names).values()}
    line_ids = [line.pk for line in lines]
    seats = Seat.objects.filter(batch__line_id__in=line_ids, course__isnull=False)
    ids.update(seats.order_by().values_list("course_id", flat=True).distinct())
    grounds = Ground.objects.live().filter(line_id__in=line_ids)
    ids.update(grounds.order_by().values_list("enrolment__course_id", flat=True).distinct())
    lock_courses(ids)


def ranges(numbers: Iterable[int]) -> str:
    """Whole numbers as people write them: «1-3, 7»."""
    parts: list[list[int]] = []
    for number in sorted(set(numbers)):
        if parts and number == parts[-1][-1] + 1:
            parts[-1][1:] = [number]
        else:
            parts.append([number])
    return ", ".join("-".join(map(str, part)) for part in parts)
