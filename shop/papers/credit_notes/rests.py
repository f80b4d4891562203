"""Rests of invoices: what each still invoices of each line, its credit notes taken off."""

from __future__ import annotations

from collections import defaultdict

from django.db.models import Case, F, Sum, When

from documents.issued.models import Document
from shop.papers.amounts import Amount
from shop.papers.models import InvoicedLine

# By invoice and line, by key.
Rests = dict[int, dict[int, Amount]]


def rests_of(order_id: int) -> Rests:
    """Return what each invoice of an order still invoices of its lines: invoices first issued first, lines in the order
    in which they were printed. Rests of nothing are left out. One query."""
    credited = When(document__kind=Document.Kind.CREDIT_NOTE, then=F("document__corrects"))
    rows = InvoicedLine.objects.filter(line__order=order_id).order_by()
    sums = rows.annotate(invoice=Case(credited, default=F("document"))).values_list("invoice", "line")
    found = sums.annotate(Sum("net"), Sum("tax")).order_by("invoice", "line__position")
    rests: Rests = defaultdict(dict)
    for invoice_id, line_id, net, tax in found:
        if net or tax:
            rests[invoice_id][line_id] = Amount(net, tax)
    return rests
