"""Payers of an order's invoices: each OPCO that has promised a share, and the buyer."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from decimal import Decimal

from catalog.pricing import ZERO
from documents.issued.models import Document
from shop.orders.models import Order
from shop.papers.credit_notes.rests import rests_of
from shop.papers.credit_notes.services import given_back_of, parts_to_credit
from shop.papers.planning import payer_in

# Documents looked through for the first of a chain of corrections.
MOST_CORRECTIONS = 100


def credited_by_payer(order: Order, givings: Collection[int]) -> dict[str, Decimal]:
    """Return what units of a locked order just given back take off the invoices of each payer, with tax. `givings` are
    the keys of their rows. Payers are named like those of requests. Four queries, and one for each correction.
    """
    parts = parts_to_credit(order, rests_of(order.pk), given_back_of(order), act=givings)
    credited: dict[str, Decimal] = {}
    for invoice_id, payer in payers_of(Document.objects.filter(pk__in=parts).defer("data")).items():
        amount = sum((part.amount.gross for part in parts[invoice_id]), ZERO)
        credited[payer] = credited.get(payer, ZERO) + amount
    return credited


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
