"""Issuing of planned papers: document, what it invoices, and its entry of the ledger; or what is missing, noted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from billing.ledger.services import Entry
from common.moments import local_day
from common.plain_inserts import insert_rows
from documents.invoices.checking import BadInvoice
from documents.invoices.values import as_data
from documents.issued.models import Document
from documents.issued.services import NewDocument, issue
from shop.orders.models import Order
from shop.papers.contents import contents_of, language_of
from shop.papers.lines import lines_of
from shop.papers.models import InvoicedLine, MissingPaper
from shop.papers.planning import Planned
from shop.postings import invoicing
from shop.seller.models import ShopIdentity

if TYPE_CHECKING:
    from accounts.people.models import User


@dataclass
class Issued:
    """Documents of an order issued together, what was missing for the others as codes of `documents.invoices.checking`,
    and the entries to post with them."""

    documents: list[Document] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)

    def add(self, more: Issued) -> None:
        """Add documents that were issued with these."""
        self.documents += more.documents
        self.faults += [fault for fault in more.faults if fault not in self.faults]
        self.entries += more.entries


def issue_planned(
    order: Order,
    planned: Sequence[Planned],
    *,
    is_settled: bool,
    now: datetime,
    by: User | None = None,
    seller: ShopIdentity | None = None,
) -> Issued:
    """Issue the planned documents of a locked order; those that cannot say all that they must are left out.

    Six statements for each document, and one for all unless the seller is given.
    """
    issued = Issued()
    seller = seller or ShopIdentity.current()
    for each in planned:
        contents = contents_of(order, each, seller=seller, day=local_day(now))
        new = NewDocument(
            fact=each.fact,
            kind=each.kind,
            data=as_data(contents),
            language=language_of(order),
            order_id=order.pk,
            issued_by_id=by.pk if by else None,
        )
        try:
            document = issue(new, now=now)
        except BadInvoice as bad:
            issued.faults += [fault for fault in bad.faults if fault not in issued.faults]
            continue
        issued.documents.append(document)
        issued.entries += _invoiced(order, document, each, is_settled=is_settled)
    return issued


def _invoiced(order: Order, document: Document, planned: Planned, *, is_settled: bool) -> Iterable[Entry]:
    """Write down what a document has invoiced of each line; nothing for one that was issued before. One statement.
    Return its entry of the ledger."""
    if document.kind not in INVOICING:
        return []
    amounts = [(each.line, each.invoiced) for each in planned.portions]
    rows = [InvoicedLine.of(line.pk, each.net, each.tax, document_id=document.pk) for line, each in amounts]
    insert_rows(rows, ignore_conflicts=True)
    parts = [(line, each.net, each.tax) for line, each in amounts]
    if is_settled:
        return [invoicing.invoiced(order, document, parts)]
    return [invoicing.deposit_invoiced(order, document, parts)]


INVOICING = (Document.Kind.INVOICE, Document.Kind.FINAL, Document.Kind.DEPOSIT)


def forget_missing(order: Order) -> None:
    """Delete the note of what a locked order's papers lack once they lack nothing, as when all that was not invoiced
    was given back. One query, and more only for an order with such a note."""
    noted = MissingPaper.objects.filter(order=order)
    if noted.exists() and not any(each.lacks_documents for each in lines_of(order.pk)):
        noted.delete()


def note_missing(order: Order, faults: Sequence[str], *, now: datetime) -> None:
    """Note what an order's papers lack, once for the order. One statement, none without faults."""
    if faults:
        insert_rows([MissingPaper(order=order, faults=list(faults), since=now)], ignore_conflicts=True)
