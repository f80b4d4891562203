"""Check of sales and VAT in the ledger against the frozen documents of orders, each tax code and rate apart.

Left out are orders that the books had invoiced by their settlement: their documents have no entries.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import Any, TypeVar

from django.db.models import CharField, Exists, OuterRef, Q, QuerySet, Sum, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Concat

from billing.closures.models import Closure
from billing.ledger.models import Account, LedgerEntry, LedgerLine
from common.currencies import in_minor_units
from documents.issued.models import Document
from shop.orders.lines.models import OrderLine
from shop.orders.models import Order
from shop.papers.models import InvoicedLine
from shop.postings.facts import invoice_fact
from shop.postings.invoicing import document_fact
from shop.postings.parts import part_of

BATCH = 500
Kind = Document.Kind
R = TypeVar("R")
# Net and VAT in minor units, by account and part; credits above zero.
Sums = dict[tuple[str, str], int]
# The net that VAT is due on: sold, or still a deposit.
NET_OR_VAT = Q(account__in=(Account.SALES, Account.VAT)) | (Q(account=Account.DEPOSITS) & ~Q(part=""))


@dataclass
class _Said:
    """Amounts that a document invoices and prints: by part, and by rate without regard to the part."""

    by_part: Sums = field(default_factory=lambda: defaultdict(int))
    by_rate: dict[Decimal, tuple[Decimal, Decimal]] = field(default_factory=dict)

    def add(self, row: InvoicedLine, *, currency: str, by_rate_only: bool = False) -> None:
        net, tax = self.by_rate.get(row.line.tax_rate, (Decimal(0), Decimal(0)))
        self.by_rate[row.line.tax_rate] = (net + row.net, tax + row.tax)
        if not by_rate_only:
            part = part_of(row.line)
            self.by_part[Account.SALES, part] += in_minor_units(row.net, currency)
            self.by_part[Account.VAT, part] += in_minor_units(row.tax, currency)


def faults_of_documents() -> Iterator[str]:
    """Yield a sentence for each document whose entry is missing, of another day or of another amount, and for each that
    prints another amount than it invoices, as long as it is kept. Six queries for BATCH documents."""
    has_lines = Exists(InvoicedLine.objects.filter(document=OuterRef("pk")))
    told = Document.objects.kept().filter(has_lines, _is_posted("order_id"))
    columns = told.values("pk", "number", "kind", "issued_on", "order_id", "data__taxes", "data__currency")
    for documents in _batches(columns.order_by("pk").iterator()):
        keys = [document["pk"] for document in documents]
        invoiced, entries = _invoiced(documents), _entries(keys)
        closed = set(_closed_days({document["issued_on"] for document in documents}))
        for document in documents:
            said, entry = invoiced[document["pk"]], entries.get(document_fact(document["pk"]))
            yield from _faults_of_entry(document, said, entry, closed)
            if _printed(document) != _rates(said.by_rate):
                yield f"Document {document['number']} prints other amounts than it invoices."


def faults_of_sales() -> Iterator[str]:
    """Yield a sentence for each tax code of an order of which the ledger has another amount than the documents: VAT of
    deposits at once, their net from the settlement on. Two queries for BATCH orders."""
    rows = InvoicedLine.objects.filter(line__order=OuterRef("pk"))
    orders = Order.objects.filter(Exists(rows), _is_posted("pk")).only("number", "currency", "paid_at")
    for some in _batches(orders.order_by("pk").iterator()):
        by_documents, by_ledger = _by_documents(some), _by_ledger(some)
        for order in some:
            said, posted = by_documents[order.pk], by_ledger[order.pk]
            yield from _differences(f"Order {order.number}", said, posted)


def _is_posted(order: str) -> Combinable:
    at_once = Concat(Value(invoice_fact(0)[:-1]), Cast(OuterRef(order), CharField()))
    return ~Exists(LedgerEntry.objects.filter(fact=at_once))


def _batches(rows: Iterable[R]) -> Iterator[list[R]]:
    left = iter(rows)
    while some := list(islice(left, BATCH)):
        yield some


def _invoiced(documents: Sequence[Mapping[str, Any]]) -> dict[int, _Said]:
    """Return what each document invoices; final ones print what deposit invoices left of the same lines as well. Two
    queries."""
    currencies: dict[int, str] = {document["pk"]: document["data__currency"] for document in documents}
    said: dict[int, _Said] = defaultdict(_Said)
    finals: dict[int, list[int]] = defaultdict(list)
    kinds = {document["pk"]: document["kind"] for document in documents}
    for row in InvoicedLine.objects.filter(document__in=currencies).select_related("line"):
        said[row.document_id].add(row, currency=currencies[row.document_id])
        if kinds[row.document_id] == Kind.FINAL:
            finals[row.line_id].append(row.document_id)
    for row in _of_deposits(finals):
        for final in finals[row.line_id]:
            if row.document_id < final:
                said[final].add(row, currency=currencies[final], by_rate_only=True)
    return said


def _of_deposits(lines: Iterable[int]) -> QuerySet[InvoicedLine]:
    of_deposits = Q(document__kind=Kind.DEPOSIT) | Q(document__corrects__kind=Kind.DEPOSIT)
    return InvoicedLine.objects.filter(of_deposits, line__in=list(lines)).select_related("line")


def _entries(keys: Iterable[int]) -> dict[str, tuple[date, Sums]]:
    """Return day and sums of the entry of each document, by fact. Two queries."""
    days = dict(LedgerEntry.objects.filter(fact__in=map(document_fact, keys)).values_list("fact", "posted_on"))
    entries: dict[str, tuple[date, Sums]] = {fact: (day, defaultdict(int)) for fact, day in days.items()}
    lines = LedgerLine.objects.filter(NET_OR_VAT, entry__fact__in=entries).order_by()
    for fact, account, part, amount in lines.values_list("entry__fact", "account", "part", "amount"):
        name = Account.VAT if account == Account.VAT else Account.SALES
        entries[fact][1][name, part] -= amount
    return entries


def _closed_days(days: Iterable[date]) -> Iterable[date]:
    return Closure.objects.filter(kind=Closure.Kind.DAY, ends_on__in=days).values_list("ends_on", flat=True)


def _faults_of_entry(
    document: Mapping[str, Any], said: _Said, entry: tuple[date, Sums] | None, closed: set[date]
) -> Iterator[str]:
    name = f"Document {document['number']}"
    if entry is None:
        if any(said.by_part.values()):
            yield f"{name} has no entry in the ledger."
        return
    day, posted = entry
    if day != document["issued_on"] and document["issued_on"] not in closed:
        yield f"{name} is of {document['issued_on']}, and posted on {day}."
    yield from _differences(name, said.by_part, posted)


def _differences(name: str, said: Sums, posted: Sums) -> Iterator[str]:
    for account, part in sorted(said.keys() | posted.keys()):
        by_document, by_ledger = said.get((account, part), 0), posted.get((account, part), 0)
        if by_document != by_ledger:
            yield f"{name} has {by_document} of {account} {part} by documents, and {by_ledger} by the ledger."


def _printed(document: Mapping[str, Any]) -> dict[Decimal, tuple[Decimal, Decimal]]:
    """Return net and tax that a document prints, by rate; below zero for a credit note."""
    sign = -1 if document["kind"] == Kind.CREDIT_NOTE else 1
    sums: dict[Decimal, tuple[Decimal, Decimal]] = {}
    for tax in document["data__taxes"]:
        net, vat = sums.get(Decimal(tax["rate"]), (Decimal(0), Decimal(0)))
        sums[Decimal(tax["rate"])] = (net + sign * Decimal(tax["net"]), vat + sign * Decimal(tax["tax"]))
    return _rates(sums)


def _rates(sums: dict[Decimal, tuple[Decimal, Decimal]]) -> dict[Decimal, tuple[Decimal, Decimal]]:
    return {rate: amounts for rate, amounts in sums.items() if any(amounts)}


def _by_ledger(orders: Sequence[Order]) -> dict[int, Sums]:
    sums: dict[int, Sums] = defaultdict(dict)
    lines = LedgerLine.objects.filter(order_id__in=[order.pk for order in orders]).order_by()
    of_sales = lines.filter(account__in=(Account.SALES, Account.VAT))
    for order_id, account, part, total in of_sales.values_list("order_id", "account", "part").annotate(Sum("amount")):
        sums[order_id or 0][account, part] = -total
    return sums


def _by_documents(orders: Sequence[Order]) -> dict[int, Sums]:
    known = {order.pk: order for order in orders}
    sums: dict[int, Sums] = defaultdict(lambda: defaultdict(int))
    lines = OrderLine.objects.filter(order__in=known).annotate(
        said_net=Sum("invoiced__net"), said_tax=Sum("invoiced__tax")
    )
    for line in lines.exclude(said_net=None):
        order, of_order = known[line.order_id], sums[line.order_id]
        of_order[Account.VAT, part_of(line)] += in_minor_units(line.said_tax, order.currency)
        if order.paid_at is not None:
            of_order[Account.SALES, part_of(line)] += in_minor_units(line.said_net, order.currency)
    return sums
