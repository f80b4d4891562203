"""Giving back of units of a paid order by the merchant: some of them, or all.

No money moves here. The amounts of the rows of `GivingBack` are taken off the sales at once. They lower what the order
still asks for; the rest is owed to the customer until it is sent (`shop.payments.refunds`) or noted as paid back
(`shop.orders.giving_back.paying_back`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import partial

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.people.models import User
from catalog.pricing import ZERO
from common.again import again_after_deadlock
from common.refusals import Refused, Sentence
from common.templatetags.money import money
from documents.issued.mailed import hold_mails
from enrolments.courses.places.services import lock_courses
from enrolments.courses.services import find_courses
from enrolments.grounds.models import Ground
from enrolments.seats.models import Seat
from handlers.contract import (
    Feedback,
    HandlerMissing,
    LineContext,
    Refusal,
    Revocation,
    RevokeReason,
    Units,
    in_words,
)
from handlers.faults import HookBroken
from handlers.giving_back import take_back_without_script
from shop.orders import mails
from shop.orders.contexts import handler_of, line_contexts, order_with_people
from shop.orders.giving_back.models import GivingBack
from shop.orders.giving_back.paying_back import refund_once_all_went_back
from shop.orders.giving_back.ranges import in_ranges
from shop.orders.giving_back.worth import amounts_of, proposed_for, shared_out
from shop.orders.history.models import OrderEvent
from shop.orders.hooks import WITHOUT_SCRIPT, ScriptBroken, keep_feedback, lock_courses_of
from shop.orders.lines.models import LineFeedback, OrderLine, OrderUnit
from shop.orders.models import Order
from shop.orders.operator import with_standing_operator
from shop.orders.transitions import move_line, move_order, record
from shop.papers.credit_notes.payers import credited_by_payer
from shop.papers.credit_notes.services import credit_given_back
from shop.payments.requests.services import lower_requests
from shop.postings import services as postings


class GivingBackRefused(Refused):
    """Refusal to give units back. `unit` is the index of the unit at fault, if there is one."""

    def __init__(self, message: Sentence, unit: int | None = None) -> None:
        super().__init__(message)
        self.unit = unit


class AmountBeyond(GivingBackRefused):
    """Refusal of an amount below zero, or above what has not gone back of the lines."""

    def __init__(self, most: Decimal, currency: str) -> None:
        super().__init__(
            in_words(
                lambda: (
                    _("No more than %(amount)s can be paid back: the rest of these lines went back already.")
                    % {"amount": money(most, currency)}
                )
            )
        )
        self.field = "amount"


@dataclass(frozen=True)
class GivenBack:
    """Number of units given back, and their worth, tax included, in the order's currency."""

    units: int
    worth: Decimal


@again_after_deadlock
@transaction.atomic
def give_units_back(
    *,
    order_id: int,
    units: Mapping[int, Collection[int]],
    actor: User,
    reason: str,
    now: datetime,
    include_consumed: bool = False,
    why: RevokeReason = RevokeReason.REFUNDED,
    without_script: bool = False,
    amount: Decimal | None = None,
) -> GivenBack:
    """Give units of a paid order back, delivered or not: all or none. `units` are indexes from 0 by line id.

    Each line's handler revokes its delivery for them; a line is given back once all its units are. An order with all
    units given back is completed, like one whose remaining lines are all delivered, and refunded only once what is owed
    for them was paid back. Seats in use are revoked only if the merchant confirms it by `include_consumed`. `reason` is
    kept with the units, and in the history of order and seats. `without_script` confirms that units are given back
    without a handler that is broken or gone: their places and seats are freed here. `amount`, tax included, is paid
    back instead of what they are worth: less or more, within what has not gone back of their lines. The customer and
    the order's operator are mailed, once for the act. Locks the order, then every course concerned, by key. Returns the
    number of units and their worth. Raises GivingBackRefused, and ScriptBroken without that confirmation.
    """
    order = order_with_people(order_id)
    if not order.may_be_given_back:
        raise GivingBackRefused(_("Only units of a paid order can be given back."))
    asked = {line_id: set(indexes) for line_id, indexes in units.items() if indexes}
    lines = list(order.lines.filter(pk__in=asked).order_by("position"))
    contexts = line_contexts(order, lines, now=now)
    chosen = {line.pk: contexts[line.pk].units.among(asked[line.pk]) for line in lines}
    count = sum(len(of_line) for of_line in chosen.values())
    if not asked or count != sum(len(indexes) for indexes in asked.values()):
        raise GivingBackRefused(_("Some of these units were given back already, or are not of this order."))
    _lock_every_course(lines, contexts)
    contexts = with_standing_operator(lock_courses_of(lines, contexts, without_broken=True))
    revocation = Revocation(why, by=actor, include_consumed=include_consumed, note=reason)
    worths = _worths(lines, contexts, chosen, amount, why=why)
    worth = sum(worths.values(), ZERO)
    given_before = set(GivingBack.objects.filter(line__order=order).values_list("pk", flat=True))
    for line in lines:
        _give_back(
            line,
            contexts[line.pk],
            chosen[line.pk],
            worths[line.pk],
            revocation,
            now=now,
            without_script=without_script,
        )
    givings = list(GivingBack.objects.filter(line__order=order).exclude(pk__in=given_before).order_by("pk"))
    _ask_for_less(order, givings, worth, now=now)
    _move_on(order, now=now)
    keys = [giving.pk for giving in givings]
    postings.post_given_back(order, keys)
    operator = next((context.operator for context in contexts.values()), None)
    mails.queue_given_back(order, givings=keys, operator=operator, now=now)
    credit_given_back(order, keys, by=actor, now=now)
    hold_mails(order_id=order.pk, at=now)
    return GivenBack(count, worth)


def _worths(
    lines: Sequence[OrderLine],
    contexts: Mapping[int, LineContext],
    chosen: Mapping[int, Units],
    amount: Decimal | None,
    *,
    why: RevokeReason,
) -> dict[int, Decimal]:
    """Return what is paid back for the units of each line, by line id; nothing for units given back without money."""
    if why is not RevokeReason.REFUNDED:
        return {line.pk: ZERO for line in lines}
    proposed = proposed_for(lines, contexts, chosen)
    if amount is None:
        return {line_id: each.worth for line_id, each in proposed.items()}
    most = sum((each.most for each in proposed.values()), ZERO)
    if not 0 <= amount <= most:
        raise AmountBeyond(most, lines[0].order.currency)
    return shared_out(amount, proposed)


def _ask_for_less(order: Order, givings: Sequence[GivingBack], worth: Decimal, *, now: datetime) -> None:
    """Lower what a locked order still asks for by the worth of units given back, from each payer what their invoices
    say less: only the rest is owed back."""
    by_payer = partial(credited_by_payer, order, [giving.pk for giving in givings])
    left = worth - lower_requests(order=order, amount=worth, now=now, by_payer=by_payer) if worth else ZERO
    if not left:
        return
    for giving in givings:
        giving.lowered = min(left, giving.amount)
        left -= giving.lowered
    GivingBack.objects.bulk_update(givings, ["lowered"])


def _give_back(
    line: OrderLine,
    context: LineContext,
    units: Units,
    worth: Decimal,
    revocation: Revocation,
    *,
    now: datetime,
    without_script: bool,
) -> None:
    try:
        feedback = _revoke(line, context, units, revocation, without_script=without_script)
        keep_feedback(line, LineFeedback.Hook.REVOKE, feedback, now=now)
    except Refusal as refusal:
        raise GivingBackRefused(refusal.message, unit=refusal.unit) from refusal
    parts = [(run.start, run.stop - 1) for run in units.runs]
    GivingBack.objects.bulk_create(
        GivingBack(
            line=line,
            first_index=first,
            last_index=last,
            amount=amount,
            why=GivingBack.Why(revocation.why.value),
            at=now,
            actor=revocation.by,
            reason=revocation.note,
        )
        for (first, last), amount in zip(parts, amounts_of(line, context, parts, worth), strict=True)
    )
    # The previous release reads this column.
    indexes = [index for run in units.runs for index in run]
    OrderUnit.objects.filter(line=line, index__in=indexes).update(given_back_at=now)
    if len(units) == len(context.units):
        move_line(line, OrderLine.Status.GIVEN_BACK)
    record(
        line.order,
        OrderEvent.What.UNITS_GIVEN_BACK,
        actor=revocation.by,
        now=now,
        detail={
            "line": line.position,
            "units": in_ranges((first + 1, last + 1) for first, last in parts),
            "count": len(units),
            "worth": str(worth),
            "reason": revocation.note,
        },
    )


def _revoke(
    line: OrderLine, context: LineContext, units: Units, revocation: Revocation, *, without_script: bool
) -> Feedback:
    try:
        handler = handler_of(line)
        if handler is None:
            return Feedback()
        with transaction.atomic():
            return handler.revoke(context, units, revocation)
    except (HookBroken, HandlerMissing) as broken:
        if not without_script:
            raise ScriptBroken(line, broken) from broken
    take_back_without_script(context, units, revocation)
    return Feedback(sales=WITHOUT_SCRIPT)


def _move_on(order: Order, *, now: datetime) -> None:
    """Move an order with units given back to the status that fits its remaining lines."""
    statuses = set(order.lines.order_by().values_list("status", flat=True).distinct())
    if order.status == Order.Status.PAID and statuses <= set(OrderLine.DONE):
        move_order(order, Order.Status.COMPLETED, what=OrderEvent.What.COMPLETED, actor=None, now=now, completed_at=now)
    refund_once_all_went_back(order, now=now)


def _lock_every_course(lines: Sequence[OrderLine], contexts: dict[int, LineContext]) -> None:
    """Lock by key, in one statement, the courses for which the lines were sold and those in which their seats are
    used."""
    names: set[str] = set()
    for line in lines:
        with suppress(Refusal):
            handler = handler_of(line)
            if handler is not None:
                context = contexts[line.pk]
                names.update(handler.courses_to_lock(context.parameters))
                names.update(handler.courses_of_units(context.parameters, context.units))
    ids = {course.pk for course in find_courses(names).values()}
    line_ids = [line.pk for line in lines]
    seats = Seat.objects.filter(batch__line_id__in=line_ids, course__isnull=False)
    ids.update(seats.order_by().values_list("course_id", flat=True).distinct())
    grounds = Ground.objects.live().filter(line_id__in=line_ids)
    ids.update(grounds.order_by().values_list("enrolment__course_id", flat=True).distinct())
    lock_courses(ids)
