"""Sums of a customer account: owed, paid, and kept as credit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.db import connection
from django.db.models import OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from catalog.pricing import ZERO
from common.plain_rows import plain_rows_with
from shop.orders.models import Order
from shop.payments.charge_backs.models import ChargeBack
from shop.payments.models import Payment
from shop.payments.registry import method_label
from shop.payments.requests.asked import RECEIVED, Asked
from shop.payments.requests.models import PaymentRequest

_REST = f"this.amount - this.lowered - {RECEIVED}"
_OWED = (
    " JOIN shop_order orders ON orders.id = this.order_id"
    " WHERE orders.account_id = %s AND this.state IN ('open', 'covered')"
    f" AND orders.status IN ('placed', 'paid', 'completed', 'refunded') AND {_REST} > 0"
)
_SUMS = (
    f"SELECT orders.currency, this.promise = 'opco', count(*), sum({_REST})"  # noqa: S608
    f" FROM shop_paymentrequest this {_OWED} GROUP BY 1, 2 ORDER BY 1, 2"
)
_PAGE = f"{_OWED} ORDER BY this.due_on NULLS FIRST, this.id LIMIT %s OFFSET %s"


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


@dataclass
class OwedParts:
    """Parts of an account's orders that are still to be paid, what is due first first; read page by page."""

    account_id: int
    today: date

    @cached_property
    def _counted(self) -> list[tuple[str, bool, int, Decimal]]:
        with connection.cursor() as cursor:
            cursor.execute(_SUMS, [self.account_id])
            return cursor.fetchall()

    @property
    def sums(self) -> dict[str, Decimal]:
        """Sum of all parts that the account pays, by currency. One query for all sums and for the number of parts."""
        return {currency: amount for currency, is_promised, _count, amount in self._counted if not is_promised}

    @property
    def promised(self) -> dict[str, Decimal]:
        """Sum of the parts that OPCOs have promised, by currency."""
        return {currency: amount for currency, is_promised, _count, amount in self._counted if is_promised}

    def __len__(self) -> int:
        return sum(count for _currency, _is_promised, count, _amount in self._counted)

    def __getitem__(self, part: slice) -> list[Owed]:
        """Return some of them by their places, from and to. Two queries."""
        values = [self.account_id, part.stop - part.start, part.start]
        asked = [Asked(*row) for row in plain_rows_with(PaymentRequest, RECEIVED, _PAGE, values)]
        orders = Order.objects.in_bulk({each.request.order_id for each in asked})
        return [Owed(each, orders[each.request.order_id], _is_overdue(each.request, self.today)) for each in asked]


def payments_of(account_id: int) -> QuerySet[Payment]:
    """Return the payments received for an account's orders, the newest first, each with what the bank has taken back
    of it (`taken`)."""
    received = Payment.objects.filter(order__account=account_id, status=Payment.Status.SUCCEEDED, amount__gt=0)
    gone = ChargeBack.objects.standing().filter(payment=OuterRef("pk")).order_by().values("payment")
    taken = Coalesce(Subquery(gone.values(sum=Sum("amount"))), ZERO)
    return received.select_related("order").annotate(taken=taken).order_by("-pk")


def received(payments: Iterable[Any]) -> list[Received]:
    return [Received(payment, payment.taken) for payment in payments]


def _is_overdue(request: PaymentRequest, today: date) -> bool:
    return request.due_on is not None and request.due_on < today
