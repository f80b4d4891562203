"""Credit notes for units given back: issued in the transaction that gives them back, one per invoice concerned."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from catalog.pricing import ZERO
from common.plain_inserts import insert_rows
from documents.invoices.checking import BadInvoice
from documents.invoices.values import Invoice, as_data, from_data
from documents.issued.models import Document
from documents.issued.services import NewDocument, issue
from shop.orders.giving_back.models import GivingBack
from shop.orders.models import Order
from shop.papers.amounts import NOTHING, to_credit
from shop.papers.credit_notes.amounts import shared_among
from shop.papers.credit_notes.contents import Part, credit_of
from shop.papers.credit_notes.rests import Rests, rests_of
from shop.papers.models import InvoicedLine, MissingPaper

if TYPE_CHECKING:
    from accounts.people.models import User


def credit_given_back(order: Order, givings: Collection[int], *, by: User | None, now: datetime) -> None:
    """Issue the credit notes that a locked order needs since units of it were given back, in the same transaction, as
    its last act. `givings` are the keys of the rows of the act.

    Credited is all that invoices say of a line beyond what is left of it, so that nothing is credited twice, and units
    that no invoice told of yet make no credit note. A credit note that cannot say all that it must never holds up the
    giving back: it is noted as missing, for the merchant. Five queries, none of them for each line, and those of
    issuing for each credit note.
    """
    rests = rests_of(order.pk)
    given = given_back_of(order) if rests else []
    if not given:
        return
    parts = parts_to_credit(order, rests, given, act=givings)
    invoices = Document.objects.in_bulk(parts)
    try:
        for invoice_id, of_invoice in parts.items():
            fact = f"credit_note:{invoice_id}:given_back:{given[-1].pk}"
            credit(invoices[invoice_id], of_invoice, fact=fact, by=by, now=now)
    except BadInvoice as bad:
        insert_rows([MissingPaper(order=order, faults=bad.faults, since=now)], ignore_conflicts=True)


def credit(invoice: Document, parts: Collection[Part], *, fact: str, by: User | None, now: datetime) -> Document:
    """Issue the credit note of parts of an invoice, whose order is locked, and take them off what is invoiced.

    Locks the series of credit notes. Raises BadInvoice; then nothing was written.
    """
    said: Invoice = credit_of(from_data(invoice.data), list(parts), language=invoice.language)
    new = NewDocument(
        fact=fact,
        kind=Document.Kind.CREDIT_NOTE,
        data=as_data(said),
        language=invoice.language,
        order_id=invoice.order_id,
        corrects_id=invoice.pk,
        issued_by_id=by.pk if by else None,
    )
    document = issue(new, now=now)
    keep_invoiced(document, parts, sign=-1)
    return document


def keep_invoiced(document: Document, parts: Collection[Part], *, sign: int) -> None:
    """Write down what a document has invoiced of each line; `sign` is -1 for one that takes back. One statement."""
    insert_rows(
        [
            InvoicedLine.of(part.line.pk, sign * part.amount.net, sign * part.amount.tax, document_id=document.pk)
            for part in parts
        ]
    )


def parts_to_credit(
    order: Order, rests: Rests, given: Collection[GivingBack], *, act: Collection[int]
) -> dict[int, list[Part]]:
    """Return what to credit of each invoice, by its key: nothing of those that are left out. One query."""
    gone, units = _gone(given), units_of(row for row in given if row.pk in act)
    parts: dict[int, list[Part]] = {}
    for line in order.lines.order_by("position"):
        of_line = {invoice_id: lines[line.pk] for invoice_id, lines in rests.items() if line.pk in lines}
        invoiced = sum(of_line.values(), NOTHING)
        beyond = to_credit(line, invoiced=invoiced, given_back=gone.get(line.pk, ZERO))
        for invoice_id, amount in shared_among(beyond, of_line).items():
            parts.setdefault(invoice_id, []).append(Part(line, units.get(line.pk, 1), amount))
    return parts


def given_back_of(order: Order) -> list[GivingBack]:
    """Return what was given back of an order with an amount, the first first. One query."""
    return list(GivingBack.objects.filter(line__order=order, amount__gt=0).order_by("pk"))


def _gone(given: Iterable[GivingBack]) -> Mapping[int, Decimal]:
    sums: dict[int, Decimal] = {}
    for row in given:
        sums[row.line_id] = sums.get(row.line_id, ZERO) + row.amount
    return sums


def units_of(given: Iterable[GivingBack]) -> Mapping[int, int]:
    """Return the number of units given back, by line id."""
    counts: dict[int, int] = {}
    for row in given:
        counts[row.line_id] = counts.get(row.line_id, 0) + row.last_index - row.first_index + 1
    return counts
