"""Check of the ledger against the shop: every fact has its entry, and what the books say is open is what the orders
say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import Case, CharField, Exists, F, OuterRef, QuerySet, Subquery, Sum, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Coalesce, Concat

from billing.closures.verifying import faults_of_closures
from billing.ledger.models import Account, LedgerEntry
from billing.ledger.selectors import sum_by_order
from billing.ledger.verifying import faults_of_ledger
from catalog.pricing import ZERO
from common.currencies import in_minor_units
from shop.orders.giving_back.models import OWED, GivingBack
from shop.orders.lines.models import OrderLine
from shop.orders.models import Order
from shop.papers.models import InvoicedLine, MissingPaper
from shop.payments.requests.models import Allocation, PaymentRequest
from shop.postings.facts import invoice_fact
from shop.postings.services import missing_facts
from shop.postings.verifying_documents import faults_of_documents, faults_of_sales


def faults_of_books() -> Iterator[str]:
    """Yield a sentence for each fault of the ledger, by itself and beside the orders."""
    yield from faults_of_ledger()
    yield from faults_of_closures()
    for source, key, number in missing_facts():
        yield f"Without an entry: {source.name} {key}, order {number or 'unknown'}."
    yield from _open_sums()
    yield from faults_of_documents()
    yield from faults_of_sales()


def _open_sums() -> Iterator[str]:
    """Yield orders of which the ledger says another thing than they do: what is owed back, what settled orders still
    owe by their payment requests, and what of them is not invoiced."""
    givings = GivingBack.objects.owed().filter(line__order=OuterRef("pk")).order_by().values("line__order")
    asking = PaymentRequest.objects.filter(order=OuterRef("pk")).exclude(state=PaymentRequest.State.WITHDRAWN)
    given = Allocation.objects.filter(request__order=OuterRef("pk"), released_at__isnull=True)
    orders = Order.objects.filter(paid_at__isnull=False).annotate(
        by_rows=Coalesce(Subquery(givings.values(sum=Sum(OWED))), ZERO),
        by_ledger=sum_by_order(Account.REFUNDS_OWED),
        receivable=sum_by_order(Account.RECEIVABLE),
        to_be_invoiced=sum_by_order(Account.TO_BE_INVOICED),
        waiting=_not_invoiced(),
        is_noted=Exists(MissingPaper.objects.filter(order=OuterRef("pk"))),
        asked=_sum_of(asking, F("amount") - F("lowered")),
        received=_sum_of(given, F("amount")),
    )
    for order in orders.order_by("pk").iterator():
        owed = in_minor_units(order.by_rows, order.currency)
        if -order.by_ledger != owed:
            yield f"Order {order.number} owes {owed} by its units given back, and {-order.by_ledger} by the ledger."
        asked = in_minor_units(order.asked - order.received, order.currency)
        if order.receivable != asked:
            yield f"Order {order.number} owes {asked} by its requests, and {order.receivable} by the ledger."
        waiting = in_minor_units(order.waiting, order.currency)
        if -order.to_be_invoiced != waiting:
            told = f"{waiting} not invoiced by its documents, and {-order.to_be_invoiced} by the ledger"
            yield f"Order {order.number} has {told}."
        if waiting and not order.is_noted:
            yield f"Order {order.number} lacks documents of {waiting}, and is not among those that lack some."


def _not_invoiced() -> Case:
    """Return an expression for what is sold of the order of the query and not invoiced, below zero for credit notes to
    come; nothing where the books had it invoiced by its settlement."""
    line = {"line__order": OuterRef("pk")}
    sold = _sum_of(OrderLine.objects.filter(order=OuterRef("pk")), F("gross"))
    invoiced = _sum_of(InvoicedLine.objects.filter(**line), F("gross"))
    waiting = sold - invoiced - _sum_of(GivingBack.objects.filter(**line), F("amount"))
    at_once = Concat(Value(invoice_fact(0)[:-1]), Cast(OuterRef("pk"), CharField()))
    return Case(When(Exists(LedgerEntry.objects.filter(fact=at_once)), then=ZERO), default=waiting)


def _sum_of(rows: QuerySet[Any], amount: Combinable) -> Coalesce:
    """Return an expression for the sum of an amount over rows that name the order of the query."""
    return Coalesce(Subquery(rows.annotate(of=Value(1)).order_by().values("of").values(sum=Sum(amount))), ZERO)
