"""Issuing of papers of orders. The occasions on which they arise stand in `shop.papers.occasions`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext_lazy

from common.again import again_after_deadlock
from common.moments import local_day
from common.plain_inserts import insert_rows
from common.refusals import Refused
from documents.invoices.checking import BadInvoice
from documents.invoices.values import Due, as_data
from documents.issued.models import Document
from documents.issued.services import NewDocument, issue
from shop.orders.giving_back.models import GivingBack
from shop.orders.lines.models import OrderLine
from shop.orders.models import Order
from shop.papers.contents import invoice_of, language_of
from shop.papers.models import InvoicedLine, MissingPaper
from shop.papers.occasions import kind_at_settlement
from shop.payments.models import Payment
from shop.payments.requests.asked import asked_of
from shop.seller.models import ShopIdentity

if TYPE_CHECKING:
    from accounts.people.models import User


class NothingToInvoice(Refused):
    """Refusal to issue an invoice that is there already, or that no fact asks for."""

    message = gettext_lazy("This order has nothing to invoice.")


class StillMissing(Refused):
    """Refusal of an invoice that cannot say all that it must. `faults` are codes of `documents.invoices.checking`."""

    message = gettext_lazy("The invoice cannot be issued yet: something that it must say is missing.")

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__()
        self.faults = list(faults)


class GivenBackMeanwhile(Refused):
    """Refusal of an invoice of units that were given back since they were sold."""

    message = gettext_lazy(
        "Units of this order were given back since it was paid, so its invoice cannot be issued here."
    )


def issue_at_settlement(order: Order, lines: Sequence[OrderLine], *, payment: Payment | None, now: datetime) -> None:
    """Issue the invoice of a locked order that is being settled, in the transaction of its settlement, as its last act.

    Eight statements at most, nine where something is still owed; none for a zero total. An invoice that cannot say all
    that it must never holds up money: it is noted as missing, for the merchant.
    """
    kind = kind_at_settlement(order)
    if kind is None:
        return
    is_paid = payment is not None and payment.amount == order.gross
    try:
        _issue(kind, order, lines, dues=[] if is_paid else _dues(order, now), by=None, now=now)
    except BadInvoice as bad:
        insert_rows([MissingPaper(order=order, faults=bad.faults, since=now)], ignore_conflicts=True)


@again_after_deadlock
@transaction.atomic
def issue_by_hand(*, order_id: int, actor: User, now: datetime) -> Document:
    """Issue the invoice of a settled order that has none, once what was missing is there.

    Locks the order. Raises NothingToInvoice, GivenBackMeanwhile and StillMissing; then nothing was written.
    """
    order = Order.objects.select_for_update(no_key=True).get(pk=order_id)
    kind = kind_at_settlement(order) if order.paid_at else None
    if kind is None or Document.objects.filter(fact=_fact(order)).exists():
        raise NothingToInvoice
    if GivingBack.objects.filter(line__order=order, amount__gt=0).exists():
        raise GivenBackMeanwhile
    lines = list(order.lines.order_by("position"))
    MissingPaper.objects.filter(order=order).delete()
    try:
        return _issue(kind, order, lines, dues=_dues(order, now), by=actor, now=now)
    except BadInvoice as bad:
        raise StillMissing(bad.faults) from bad


def _issue(
    kind: Document.Kind,
    order: Order,
    lines: Sequence[OrderLine],
    *,
    dues: Sequence[Due],
    by: User | None,
    now: datetime,
) -> Document:
    invoice = invoice_of(order, lines, seller=ShopIdentity.current(), dues=dues, day=local_day(now))
    new = NewDocument(
        fact=_fact(order),
        kind=kind,
        data=as_data(invoice),
        language=language_of(order),
        order_id=order.pk,
        issued_by_id=by.pk if by else None,
    )
    document = issue(new, now=now)
    _keep_invoiced(document, lines)
    return document


def _keep_invoiced(document: Document, lines: Sequence[OrderLine]) -> None:
    """Write down what a document has invoiced of each line; nothing for one that was issued before. One statement."""
    rows = [InvoicedLine.of(line.pk, line.net, line.tax, document_id=document.pk) for line in lines]
    insert_rows(rows, ignore_conflicts=True)


def _dues(order: Order, now: datetime) -> list[Due]:
    """Return the parts of an order that are still owed, by their last day; one that is due at once by today."""
    owed = [(each.request.due_on or local_day(now), each.rest) for each in asked_of(order) if each.rest > Decimal(0)]
    return [Due(on=max(day, local_day(now)), amount=amount) for day, amount in sorted(owed)]


def _fact(order: Order) -> str:
    return f"invoice:order:{order.pk}"
