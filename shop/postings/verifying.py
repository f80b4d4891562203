"""Check of the ledger against the shop: every fact has its entry, and what the books say is open is what the orders
say."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import OuterRef, Subquery, Sum
from django.db.models.functions import Coalesce

from billing.closures.verifying import faults_of_closures
from billing.ledger.models import Account
from billing.ledger.selectors import sum_by_order
from billing.ledger.verifying import faults_of_ledger
from catalog.pricing import ZERO
from common.currencies import in_minor_units
from shop.orders.giving_back.models import GivingBack
from shop.orders.models import Order
from shop.postings.services import missing_facts


def faults_of_books() -> Iterator[str]:
    """Yield a sentence for each fault of the ledger, by itself and beside the orders."""
    yield from faults_of_ledger()
    yield from faults_of_closures()
    for source, key, number in missing_facts():
        yield f"Without an entry: {source.name} {key}, order {number or 'unknown'}."
    yield from _open_sums()


def _open_sums() -> Iterator[str]:
    """Yield orders of which the ledger says another thing than they do: what is owed back, and that a settled order
    owes nothing."""
    givings = GivingBack.objects.owed().filter(line__order=OuterRef("pk")).order_by().values("line__order")
    orders = Order.objects.filter(paid_at__isnull=False).annotate(
        by_rows=Coalesce(Subquery(givings.values(sum=Sum("amount"))), ZERO),
        by_ledger=sum_by_order(Account.REFUNDS_OWED),
        receivable=sum_by_order(Account.RECEIVABLE),
    )
    for order in orders.order_by("pk").iterator():
        owed = in_minor_units(order.by_rows, order.currency)
        if -order.by_ledger != owed:
            yield f"Order {order.number} owes {owed} by its units given back, and {-order.by_ledger} by the ledger."
        if order.receivable:
            yield f"Order {order.number} is settled, and {order.receivable} of it is owed by the ledger."
