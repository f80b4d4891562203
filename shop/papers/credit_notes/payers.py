"""Payers of an order's invoices: each OPCO that has promised a share, and the buyer."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal

from catalog.pricing import ZERO
from documents.issued.models import Document
from shop.orders.models import Order
from shop.papers.credit_notes.contents import Part
from shop.papers.credit_notes.rests import rests_of
from shop.papers.credit_notes.services import given_back_of, parts_to_credit
from shop.papers.planning import payer_in

# Documents looked through for the first of a chain of corrections.
MOST_CORRECTIONS = 100


def credited_by_payer(order: Order, givings: Collection[int]) -> dict[str, Decimal]:
    """Return what units of a locked order just given back take off the invoices of each payer who has some, with tax,
    whether or not their credit notes can be issued. `givings` are the keys of their rows. Payers are named like those
    of requests. Five queries, and one for each correction.
    """
    rests, given = rests_of(order.pk), given_back_of(order)
    earlier = [giving for giving in given if giving.pk not in givings]
    lacking = _sums(parts_to_credit(order, rests, earlier, act=())) if earlier else {}
    credited: dict[str, Decimal] = {}
    sums = _sums(parts_to_credit(order, rests, given, act=givings))
    for invoice_id, payer in payers_of(Document.objects.filter(pk__in=rests).defer("data")).items():
        amount = sums.get(invoice_id, ZERO) - lacking.get(invoice_id, ZERO)
        credited[payer] = credited.get(payer, ZERO) + max(ZERO, amount)
    return credited


def _sums(parts: Mapping[int, Sequence[Part]]) -> dict[int, Decimal]:
    return {invoice_id: sum((part.amount.gross for part in each), ZERO) for invoice_id, each in parts.items()}


def payers_of(invoices: Iterable[Document]) -> dict[int, str]:
    """Return the payer of each invoice, by its key: of one that replaces a wrong one, that of the wrong one. One query,
    and one for each correction."""
    first = {invoice.pk: invoice for invoice in invoices}
    for _correction in range(MOST_CORRECTIONS):
        replaced = {document.corrects_id for document in first.values()} - {None}
        if not replaced:
            break
        earlier = Document.objects.defer("data").in_bulk(replaced)
        first = {key: earlier.get(document.corrects_id, document) for key, document in first.items()}
    return {key: payer_in(document.fact) for key, document in first.items()}
