"""Credit of customer accounts."""

from __future__ import annotations

from decimal import Decimal

from billing.ledger.models import Account
from billing.ledger.selectors import balance
from shop.orders.models import Order
from shop.payments.requests.asked import left_to_buyer, still_to_come
from shop.payments.requests.services import parts_of


def credit_of(account_id: int, currency: str) -> Decimal:
    """Return the credit of an account. One query."""
    return -balance(Account.CREDIT, currency=currency, customer_id=account_id)


def pays(order: Order) -> bool:
    """Tell whether the credit of an order's account pays all that it still asks of its buyer. Two queries."""
    return 0 < still_to_come(left_to_buyer(parts_of(order))) <= credit_of(order.account_id, order.currency)
