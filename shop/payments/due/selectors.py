"""Due parts for the merchant: what is overdue, the step reached, and pauses."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import NamedTuple

from django.db.models import OuterRef, Q, QuerySet, Subquery

from billing.ledger.models import Account
from billing.ledger.selectors import balance_of_orders
from catalog.pricing import ZERO
from shop.orders.standing import NOT_ENDED
from shop.payments.due.models import DuePart, DueReminder, ReminderPause
from shop.payments.requests.models import PaymentRequest
from shop.payments.requests.rests import rest

State = PaymentRequest.State


class Overdue(NamedTuple):
    """Number of parts that are overdue, and what their orders owe by the ledger."""

    parts: int
    amount: Decimal


def due_parts() -> QuerySet[DuePart]:
    """Return the parts with a last day of which something is still to come, with `rest`, the last step told
    (`told`) and its day (`told_on`), and the key of the pause that holds it up (`pause_id`)."""
    told = DueReminder.objects.filter(request=OuterRef("pk"), due_on=OuterRef("due_on")).order_by("-step")
    of_either = Q(order=OuterRef("order")) | Q(account=OuterRef("order__account"))
    pauses = ReminderPause.objects.filter(of_either, ended_at__isnull=True).order_by("pk")
    parts = DuePart.objects.filter(
        due_on__isnull=False,
        state__in=(State.OPEN, State.COVERED),
        replaced_at__isnull=True,
        order__status__in=NOT_ENDED,
    )
    parts = parts.annotate(
        rest=rest(),
        told=Subquery(told.values("step")[:1]),
        told_on=Subquery(told.values("sent_on")[:1]),
        pause_id=Subquery(pauses.values("pk")[:1]),
    )
    return parts.filter(rest__gt=0)


def overdue(*, today: date, currency: str) -> Overdue:
    """Return how many parts are overdue, and what their orders owe by the ledger. Two queries at most."""
    late = due_parts().filter(due_on__lt=today).order_by()
    parts = late.count()
    if not parts:
        return Overdue(0, ZERO)
    return Overdue(parts, balance_of_orders(Account.RECEIVABLE, late.values("order"), currency=currency))


def pauses_of(part: PaymentRequest) -> QuerySet[ReminderPause]:
    """Return all pauses of a part's order and of its account, the newest first."""
    of_either = Q(order=part.order_id) | Q(account=part.order.account_id)
    return ReminderPause.objects.filter(of_either).select_related("begun_by", "ended_by").order_by("-pk")
