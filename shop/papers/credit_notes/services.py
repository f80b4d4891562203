"""Credit notes: of units given back, and of the deposits of orders that end unpaid. One for each invoice concerned,
issued and posted in the transaction of the fact."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import nullcontext
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import transaction

from billing.ledger.services import Entry
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
from shop.papers.credit_notes.rests import Rests, parts_left, rests_of, units_of
from shop.papers.issuing import Issued, forget_missing, note_missing
from shop.papers.models import NO_LONGER_KEPT, InvoicedLine, MissingPaper
from shop.postings import invoicing
from shop.postings import services as postings

if TYPE_CHECKING:
    from accounts.people.models import User


def credit_given_back(order: Order, givings: Collection[int], *, by: User | None, now: datetime) -> None:
    """Issue the credit notes that a locked order needs since units of it were given back, in the same transaction, as
    its last act. `givings` are the keys of the rows of the act.

    Credited is all that invoices say of a line beyond what is left of it, so that nothing is credited twice, and units
    that no invoice told of yet make no credit note. A credit note that cannot say all that it must never holds up the
    giving back: it is noted as missing, for the merchant. Seven queries, none of them for each line, and those of
    issuing for each credit note.
    """
    issued = _credit_given_back(order, givings, by=by, now=now)
    forget_missing(order)
    note_missing(order, issued.faults, now=now)
    postings.post_documents(issued.entries)


def credit_ended(order: Order, *, by: User | None, now: datetime) -> list[Document]:
    """Credit the deposit invoices of a locked order that has ended unpaid, as the last act of its end: what was
    received for it is owed back, and its VAT is not due any more. Return the credit notes.

    Missing words are noted as for units given back; a deposit invoice that was lacking is none any more. One query and
    one statement for an order without such invoices.
    """
    MissingPaper.objects.filter(order=order).delete()
    issued = _credit_ended(order, by=by, now=now)
    note_missing(order, issued.faults, now=now)
    postings.post_documents(issued.entries)
    return issued.documents


def credit_missing(order: Order, *, by: User | None, now: datetime) -> Issued:
    """Issue the credit notes that a locked order lacks. The caller posts the entries, and notes what is still
    missing."""
    if order.paid_at is not None:
        return _credit_given_back(order, (), by=by, now=now)
    if order.status in (Order.Status.CANCELLED, Order.Status.EXPIRED):
        return _credit_ended(order, by=by, now=now)
    return Issued()


def _credit_given_back(order: Order, act: Collection[int], *, by: User | None, now: datetime) -> Issued:
    rests = rests_of(order.pk)
    given = given_back_of(order) if rests else []
    if not given:
        return Issued()
    parts = parts_to_credit(order, rests, given, act=act)
    return _credit_parts(order, parts, f"given_back:{given[-1].pk}", by=by, now=now)


def _credit_ended(order: Order, *, by: User | None, now: datetime) -> Issued:
    rests = rests_of(order.pk)
    parts = {invoice_id: parts_left(order, rests, invoice_id) for invoice_id in rests}
    return _credit_parts(order, parts, "ended", by=by, now=now)


def _credit_parts(
    order: Order, parts: Mapping[int, Sequence[Part]], why: str, *, by: User | None, now: datetime
) -> Issued:
    """Issue a credit note for each invoice, by its key: all of one fact or none, if one cannot say all that it must.
    Else what is left to credit later would be shared among its invoices once more."""
    issued, invoices = Issued(), Document.objects.in_bulk(parts) if parts else {}
    if any(invoice.emptied_at is not None for invoice in invoices.values()):
        return Issued(faults=[NO_LONGER_KEPT])
    try:
        # The only one is refused before anything is written.
        with transaction.atomic() if len(parts) > 1 else nullcontext():
            for invoice_id, of_invoice in parts.items():
                fact = f"credit_note:{invoice_id}:{why}"
                issued.documents.append(credit(invoices[invoice_id], of_invoice, fact=fact, by=by, now=now))
    except BadInvoice as bad:
        return Issued(faults=list(bad.faults))
    if issued.documents and postings.posts_documents(order):
        issued.entries += [_credited(order, note, parts[note.corrects_id or 0]) for note in issued.documents]
    return issued


def _credited(order: Order, note: Document, parts: Iterable[Part]) -> Entry:
    if order.paid_at is None:
        return entry_of(order, note, parts, sign=-1)
    return invoicing.given_back(order, note, [(part.line, part.amount.net, part.amount.tax) for part in parts])


def entry_of(order: Order, document: Document, parts: Iterable[Part], *, sign: int) -> Entry:
    """Return the entry of a document of parts of an invoice; `sign` is -1 for one that takes back."""
    amounts = [(part.line, sign * part.amount.net, sign * part.amount.tax) for part in parts]
    return invoicing.told(order, document, amounts)


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
