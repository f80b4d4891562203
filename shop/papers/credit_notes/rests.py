"""Rests of invoices: what each still invoices of each line, its credit notes taken off."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from django.db.models import Case, F, Sum, When

from documents.issued.models import Document
from shop.orders.giving_back.models import GivingBack
from shop.orders.models import Order
from shop.papers.amounts import Amount
from shop.papers.credit_notes.contents import Part
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


def parts_left(order: Order, rests: Rests, invoice_id: int) -> list[Part]:
    """Return what is left of an invoice, line by line, with the charged units that no amount was given back for. Two
    queries."""
    left = rests.get(invoice_id, {})
    gone = units_of(GivingBack.objects.filter(line__in=left, amount__gt=0))
    lines = order.lines.filter(pk__in=left).order_by("position")
    return [Part(line, max(1, line.charged - gone.get(line.pk, 0)), left[line.pk]) for line in lines]


def units_of(given: Iterable[GivingBack]) -> Mapping[int, int]:
    """Return the number of units given back, by line id."""
    counts: dict[int, int] = {}
    for row in given:
        counts[row.line_id] = counts.get(row.line_id, 0) + row.last_index - row.first_index + 1
    return counts
