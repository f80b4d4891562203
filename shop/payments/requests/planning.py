"""Plans of payment: an order's total in a deposit and instalments, each with its day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from common.again import again_after_deadlock
from common.currencies import step_of
from common.plain_inserts import insert_rows
from common.refusals import Refused
from shop.orders.history.models import OrderEvent
from shop.orders.locks import lock_order
from shop.orders.models import Order
from shop.orders.transitions import record
from shop.payments.requests.asked import Asked
from shop.payments.requests.models import PaymentRequest
from shop.payments.requests.services import requests_of

if TYPE_CHECKING:
    from accounts.people.models import User

State = PaymentRequest.State
MOST_INSTALMENTS = 24
# An order waits for its money at least this long after the last day that its release needs.
UNPAID_AFTER_DUE = timedelta(days=14)


class NotPlannable(Refused):
    """Refusal of a plan for an order that does not wait for money, or of which a part was paid or promised."""

    message = _("Only an order that waits for all of its money can be divided into parts.")


class PlanTooFine(Refused):
    """Refusal of a plan with a part of nothing."""

    message = _("The total is too small for so many parts.")


@dataclass(frozen=True)
class Part:
    """Part of a plan; `due_on` None is due at once."""

    amount: Decimal
    due_on: date | None


def divide(
    total: Decimal,
    currency: str,
    *,
    deposit_percent: int,
    instalments: int,
    first_on: date,
    days_between: int,
    deposit_on: date | None = None,
) -> list[Part]:
    """Divide a total into a deposit, due at once or on a day, and instalments of equal amounts, of which the last takes
    the remainder. They sum to the total. Raises PlanTooFine."""
    step = step_of(currency)
    units = int(total / step)
    deposit = int((Decimal(units) * deposit_percent / 100).to_integral_value(ROUND_HALF_UP))
    each = (units - deposit) // instalments
    if each <= 0 or (deposit_percent and not deposit):
        raise PlanTooFine
    amounts = [each] * (instalments - 1) + [units - deposit - each * (instalments - 1)]
    parts = [Part(deposit * step, deposit_on)] if deposit else []
    days = [first_on + timedelta(days=days_between * number) for number in range(instalments)]
    return parts + [Part(amount * step, day) for amount, day in zip(amounts, days, strict=True)]


@again_after_deadlock
@transaction.atomic
def plan_payments(*, order_id: int, parts: Sequence[Part], actor: User, now: datetime) -> None:
    """Ask for an order's money in parts, which replace what it asked for: earlier pay links end.

    The order waits for its money until 14 days after the last day that its release rule needs; the rule stays as it was
    fixed at placing. Locks the order. Raises NotPlannable; ValueError for parts that do not sum to the total.
    """
    order = lock_order(order_id)
    replace_requests(order, parts, actor=actor, now=now)


def replace_requests(order: Order, parts: Sequence[Part], *, actor: User, now: datetime) -> list[PaymentRequest]:
    """Replace what a locked order asks for by parts, as `plan_payments` does; return their requests."""
    asked = requests_of(order, now=now) if order.status == Order.Status.PLACED else []
    if not asked or any(_is_touched(each) for each in asked):
        raise NotPlannable
    if sum(part.amount for part in parts) != order.gross:
        raise ValueError("the parts do not sum to the total")
    last = PaymentRequest.objects.filter(order=order).order_by("position").last()
    assert last is not None  # asked for above
    keys = [each.request.pk for each in asked]
    PaymentRequest.objects.filter(pk__in=keys).update(state=State.WITHDRAWN, replaced_at=now)
    requests = [
        PaymentRequest(
            order=order, position=last.position + number, created_at=now, amount=part.amount, due_on=part.due_on
        )
        for number, part in enumerate(parts, 1)
    ]
    insert_rows(requests)
    expires_at = max(order.expires_at, unpaid_until(order, parts))
    Order.objects.filter(pk=order.pk).update(expires_at=expires_at)
    detail = {"reason": " + ".join(str(part.amount) for part in parts)}
    record(order, OrderEvent.What.PLANNED, actor=actor, now=now, detail=detail)
    return requests


def unpaid_until(order: Order, parts: Sequence[Part]) -> datetime:
    """Return until when an order with these parts waits for its money at least."""
    needed = parts[:1] if order.release_rule == Order.ReleaseRule.FIRST else parts
    days = [part.due_on for part in needed if part.due_on is not None]
    if not days:
        return order.expires_at
    end_of_day = datetime.combine(max(days), time.max, tzinfo=timezone.get_default_timezone())
    return end_of_day + UNPAID_AFTER_DUE


def _is_touched(asked: Asked) -> bool:
    return asked.received > 0 or asked.request.state != State.OPEN
