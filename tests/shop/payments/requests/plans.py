"""Plans of payment and pieces of money for tests."""

from __future__ import annotations

from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from shop.orders.models import Order
from shop.payments.models import Payment
from shop.payments.requests.models import PaymentRequest
from tests.constraints import run
from tests.factories.shop import pay

NOW = timezone.now()


@transaction.atomic
def in_parts(order: Order, *amounts: int) -> list[PaymentRequest]:
    """Replace the one request of an order by parts."""
    order.requests.update(state="withdrawn", replaced_at=NOW)
    return [
        PaymentRequest.objects.create(order=order, position=position, amount=Decimal(amount))
        for position, amount in enumerate(amounts, 2)
    ]


def piece(order: Order, amount: int | str, reference: str, **changes: object) -> Payment:
    """Receive an amount by transfer for an order."""
    pay(order, provider="transfer", reference=reference, amount=Decimal(amount), **changes)
    return Payment.objects.get(reference=f"{order.number}:{reference}")


def as_the_previous_release_leaves_them() -> None:
    """Take the requests away from all orders, with all that refers to them: that release knows none."""
    run("SET CONSTRAINTS ALL IMMEDIATE")
    run("TRUNCATE shop_paymentrequest CASCADE")
    run("SET CONSTRAINTS ALL DEFERRED")
