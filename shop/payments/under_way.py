"""Money that may still come for an order, whatever has become of the order since."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum

from shop.orders.models import Order
from shop.payments.models import Payment
from shop.payments.registry import get_provider


class UnderWay(StrEnum):
    NOTHING = ""
    CHARGE = "charge"  # begun at a provider that has not answered
    TRANSFER = "transfer"  # the customer was told how to pay, and may have done so


def under_way(order: Order, payments: Collection[Payment]) -> UnderWay:
    """Return what the customer may have set going; `payments` are all those of the order. No query."""
    if any(payment.status == Payment.Status.PENDING for payment in payments):
        return UnderWay.CHARGE
    method = get_provider(order.method)
    return UnderWay.TRANSFER if method is not None and not method.is_immediate else UnderWay.NOTHING
