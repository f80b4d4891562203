"""Rules of papers that hold after each step: each number once and in a row, and invoices that say what is sold."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from documents.issued.models import Document
from documents.series.models import Series
from shop.orders.models import Order
from shop.papers.credit_notes.payers import payers_of
from shop.papers.credit_notes.rests import rests_of
from shop.papers.models import MissingPaper
from shop.payments.requests.asked import Asked, of_payer

ZERO = Decimal(0)
ENDED = (Order.Status.CANCELLED, Order.Status.EXPIRED)


def broken_rules_of_papers(order: Order, asked: list[Asked], *, gone: Decimal, is_taken: bool) -> Iterator[str]:
    """Yield a sentence for each rule that the papers of an order break, unless one is noted as missing; `gone` is what
    was given back of it, with tax, `is_taken` tells whether a bank has taken money back."""
    if MissingPaper.objects.filter(order=order).exists():
        return
    rests = {key: sum((rest.gross for rest in lines.values()), ZERO) for key, lines in rests_of(order.pk).items()}
    invoiced = sum(rests.values(), ZERO)
    if order.paid_at is not None and invoiced != order.gross - gone:
        yield "what is invoiced of a confirmed order is what is sold of it"
    if order.status in ENDED and invoiced:
        yield "nothing stays invoiced of an order that has ended unpaid"
    received = sum((each.received for each in asked), ZERO)
    if order.status == Order.Status.PLACED and not is_taken and invoiced != received:
        yield "what is invoiced before an order is confirmed is what was received"
    if order.paid_at is not None:
        yield from _of_payers(rests, asked)


def _of_payers(rests: dict[int, Decimal], asked: list[Asked]) -> Iterator[str]:
    told: dict[str, Decimal] = {}
    for key, payer in payers_of(Document.objects.filter(pk__in=rests).defer("data")).items():
        told[payer] = told.get(payer, ZERO) + rests[key]
    for payer, rest in told.items():
        own = of_payer(asked, payer, told)
        if sum((each.asks for each in own), ZERO) < rest:
            yield f"{payer or 'the buyer'} is asked for no less than their invoices say"


def broken_rules_of_numbers() -> Iterator[str]:
    for series in Series.objects.all():
        found = Document.objects.filter(series=series).order_by("position").values_list("position", flat=True)
        if list(found) != list(range(1, series.last + 1)):
            yield f"{series}: each number is given once and none left out"
