"""Invoices as entries of the ledger: on the day of the document, each tax code and rate apart.

A sale is owed and *to be invoiced* from the settlement on; its invoice makes it sales and VAT, and a credit note takes
them back. The VAT of a deposit is due when the deposit is received (CGI 269-2 c): its invoice turns money received into
VAT and the net that it is due on, which stays a deposit, by tax code, until the settlement makes it sales.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from billing.ledger.models import Account
from billing.ledger.services import Entry, Kind, Line
from catalog.pricing import ZERO
from common.currencies import in_minor_units
from common.moments import day_starts
from documents.issued.models import Document
from shop.orders.models import Order
from shop.postings.facts import sale_fact
from shop.postings.parts import Part, lines_by_part


def sold(order: Order, deposits: Iterable[Part], *, at: datetime) -> Entry:
    """Return the entry of an order's settlement: all of it is owed, and to be invoiced but for its `deposits`, which
    were invoiced before."""
    deposits = list(deposits)
    gross, invoiced = in_minor_units(order.gross, order.currency), _gross(order, deposits)
    sales = list(lines_by_part(order, Account.SALES, deposits))
    lines = (
        Line(Account.RECEIVABLE, gross, order.account_id, order.pk),
        Line(Account.TO_BE_INVOICED, invoiced - gross, order.account_id, order.pk),
        *sales,
        *(replace(line, account=Account.DEPOSITS, amount=-line.amount) for line in sales),
        Line(Account.DEPOSITS, -invoiced, order.account_id, order.pk),
    )
    return Entry(sale_fact(order.pk), Kind.SALE, at, order.currency, lines)


def invoiced(order: Order, document: Document, parts: Iterable[Part]) -> Entry:
    """Return the entry of an invoice of a settled order: what was to be invoiced is sales and VAT. Below zero for what
    a credit note takes back of it."""
    parts = list(parts)
    lines = (
        Line(Account.TO_BE_INVOICED, _gross(order, parts), order.account_id, order.pk),
        *lines_by_part(order, Account.SALES, parts),
        *lines_by_part(order, Account.VAT, parts),
    )
    return _entry(order, document, lines)


def deposit_invoiced(order: Order, document: Document, parts: Iterable[Part]) -> Entry:
    """Return the entry of a deposit invoice of an order that is not settled: its VAT is due, and its net stays a
    deposit, by tax code. Below zero for what a credit note takes back of it."""
    parts = list(parts)
    lines = (
        Line(Account.DEPOSITS, _gross(order, parts), order.account_id, order.pk),
        *(replace(line, account=Account.DEPOSITS) for line in lines_by_part(order, Account.SALES, parts)),
        *lines_by_part(order, Account.VAT, parts),
    )
    return _entry(order, document, lines)


def given_back(order: Order, note: Document, parts: Iterable[Part]) -> Entry:
    """Return the entry of the credit note of units of a settled order given back: less is sold, with its VAT."""
    taken = [(line, -net, -tax) for line, net, tax in parts]
    return replace(invoiced(order, note, taken), kind=Kind.GIVEN_BACK)


def told(order: Order, document: Document, parts: Iterable[Part]) -> Entry:
    """Return the entry of a document of an order as the order stands: of a deposit until it is settled."""
    tell = deposit_invoiced if order.paid_at is None else invoiced
    return tell(order, document, parts)


def document_fact(document_id: int) -> str:
    return f"document:{document_id}"


def _entry(order: Order, document: Document, lines: tuple[Line, ...]) -> Entry:
    # A document that waited for the number of one before midnight bears that one's day.
    at = max(document.issued_at, day_starts(document.issued_on))
    return Entry(document_fact(document.pk), Kind.INVOICE, at, order.currency, lines)


def _gross(order: Order, parts: Iterable[Part]) -> int:
    return in_minor_units(sum((net + tax for _line, net, tax in parts), ZERO), order.currency)
