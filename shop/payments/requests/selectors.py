"""Sums of a customer account: owed, paid, and kept as credit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import OuterRef, Subquery, Sum
from django.db.models.functions import Coalesce

from catalog.pricing import ZERO
from common.plain_rows import plain_rows_with
from shop.orders.models import Order
from shop.payments.charge_backs.models import ChargeBack
from shop.payments.models import Payment
from shop.payments.registry import method_label
from shop.payments.requests.asked import RECEIVED, Asked
from shop.payments.requests.models import PaymentRequest

SHOWN = 100
_OWED = (
    "JOIN shop_order orders ON orders.id = this.order_id"
    " WHERE orders.account_id = %s AND this.state IN ('open', 'covered')"
    " AND orders.status IN ('placed', 'paid', 'completed', 'refunded')"
    " ORDER BY this.due_on NULLS FIRST, this.id LIMIT %s"
)


@dataclass(frozen=True)
class Owed:
    """Part of an order that is still to be paid."""

    asked: Asked
    order: Order
    is_overdue: bool

    @property
    def promised_by(self) -> str:
        """Name of the OPCO that pays it, "" for a part that the account pays."""
        return str(self.asked.request.giver.get("name", "")) if self.asked.payer else ""


@dataclass(frozen=True)
class Received:
    """Payment received, and how much of it the bank has taken back."""

    payment: Payment
    taken_back: Decimal

    @property
    def method(self) -> str:
        return method_label(self.payment.provider)


def owed_by(account_id: int, *, today: date) -> list[Owed]:
    """Return what an account is still to pay, what is due first first, at most `SHOWN`. Two queries."""
    asked = [Asked(*row) for row in plain_rows_with(PaymentRequest, RECEIVED, _OWED, [account_id, SHOWN])]
    asked = [each for each in asked if each.rest > 0]
    orders = Order.objects.in_bulk({each.request.order_id for each in asked})
    return [Owed(each, orders[each.request.order_id], _is_overdue(each.request, today)) for each in asked]


def sum_by_currency(owed: Iterable[Owed]) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = {}
    for each in owed:
        sums[each.order.currency] = sums.get(each.order.currency, ZERO) + each.asked.rest
    return sums


def payments_of(account_id: int) -> list[Received]:
    """Return the latest payments received for an account's orders, at most `SHOWN`. One query."""
    received = Payment.objects.filter(order__account=account_id, status=Payment.Status.SUCCEEDED, amount__gt=0)
    gone = ChargeBack.objects.standing().filter(payment=OuterRef("pk")).order_by().values("payment")
    taken = Coalesce(Subquery(gone.values(sum=Sum("amount"))), ZERO)
    found = received.select_related("order").annotate(taken=taken).order_by("-pk")[:SHOWN]
    return [Received(payment, payment.taken) for payment in found]


def _is_overdue(request: PaymentRequest, today: date) -> bool:
    return request.due_on is not None and request.due_on < today
