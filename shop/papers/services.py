"""Issuing of papers of orders. The occasions on which they arise stand in `shop.papers.occasions`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext_lazy

from accounts.members.models import CustomerAccount
from billing.ledger.services import Entry
from catalog.pricing import ZERO
from common.again import again_after_deadlock
from common.moments import local_day
from common.refusals import Refused
from documents.issued.models import Document
from shop.orders.history.models import OrderEvent
from shop.orders.models import Order
from shop.orders.transitions import record
from shop.papers.credit_notes.services import credit_missing
from shop.papers.issuing import Issued, issue_planned, note_missing
from shop.papers.lines import SoldLine, lines_of, rest_of
from shop.papers.mails import queue_papers
from shop.papers.models import AFTER_SERVICE, MissingPaper
from shop.papers.occasions import at_settlement, by_payer
from shop.papers.planning import Planned, plan_deposits, plan_receipt
from shop.payments.models import Payment
from shop.payments.requests.asked import Asked, asked_of
from shop.payments.requests.models import PaymentRequest
from shop.postings import services as postings
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


def issue_at_settlement(
    order: Order,
    lines: Sequence[SoldLine],
    *,
    payment: Payment | None,
    asked: Sequence[Asked],
    seller: ShopIdentity,
    now: datetime,
) -> list[Entry]:
    """Issue the papers of a locked order that is being settled, in the transaction of its settlement; return their
    entries of the ledger.

    Six statements for one paper that is paid; none for a zero total. A paper that cannot say all that it must never
    holds up money: it is noted as missing, for the merchant. Deposit invoices that were lacking come with it.
    """
    if waits_for_service(order):
        note_missing(order, [AFTER_SERVICE], now=now)
        return []
    is_paid = payment is not None and payment.amount == order.gross
    if not is_paid:
        MissingPaper.objects.filter(order=order).delete()
    planned = at_settlement(order, lines, is_paid=is_paid, asked=asked, now=now)
    issued = issue_planned(order, planned, is_settled=True, now=now, seller=seller)
    note_missing(order, issued.faults, now=now)
    return issued.entries


def issue_at_receipt(
    order: Order, payment: Payment, given: Sequence[tuple[Asked, Decimal]], *, number: int, now: datetime
) -> list[Entry]:
    """Issue the paper of a part payment of a locked order that does not settle it: a deposit invoice before the
    settlement, a receipt for each payer after it. `given` are the requests that got it, with what each got; `number`
    counts how often the payment was given. Return the entries of the ledger.

    A deposit invoice takes all that was received and is not invoiced: what a bank took back and pays again is invoiced
    once, and one that could not be issued comes with the next.
    """
    lines = lines_of(order.pk)
    if order.paid_at is None:
        MissingPaper.objects.filter(order=order).delete()
        issued = _issue_deposit(order, lines, method=payment.provider, now=now)
        note_missing(order, issued.faults, now=now)
        queue_papers(order, issued.documents, now=now)
        return issued.entries
    planned = [
        plan_receipt(
            order.pk,
            lines,
            amount,
            name=f"payment:{payment.pk}:{number}",
            method=payment.provider,
            day=local_day(now),
            share=share,
        )
        for share, amount in by_payer(given)
    ]
    # The law asks for no receipt: one that cannot be printed is none.
    issued = issue_planned(order, [each for each in planned if each.portions], is_settled=True, now=now)
    queue_papers(order, issued.documents, now=now)
    return issued.entries


def _issue_deposit(
    order: Order, lines: Sequence[SoldLine], *, method: str, now: datetime, by: User | None = None
) -> Issued:
    """Issue the deposit invoice for what a locked order has received and not invoiced; none where that is nothing."""
    invoiced = sum((each.invoiced.gross for each in lines), ZERO)
    received = sum((each.received for each in asked_of(order)), ZERO)
    amount = min(received - invoiced, rest_of(lines))
    if order.status != Order.Status.PLACED or amount <= 0:
        return Issued()
    number = 1 + Document.objects.filter(order_id=order.pk, kind=Document.Kind.DEPOSIT).count()
    planned = plan_deposits(order.pk, lines, amount, number=number, method=method, day=local_day(now))
    return issue_planned(order, planned, is_settled=False, now=now, by=by)


def waits_for_service(order: Order) -> bool:
    """Tell whether the invoice of an order that is being settled waits for the service: of a public mandate, where its
    account wants it so. One query for a public mandate, none for others."""
    if order.method != PaymentRequest.Promise.PUBLIC_MANDATE or order.is_free:
        return False
    return CustomerAccount.objects.filter(pk=order.account_id, invoices_after_service=True).exists()


@again_after_deadlock
@transaction.atomic
def issue_by_hand(*, order_id: int, actor: User | None, now: datetime) -> list[Document]:
    """Issue all papers that an order lacks, once what was missing is there. Those that still lack something stay noted.
    Where somebody does it while the invoice waits for the service, the history tells that they said it was rendered.

    None for an order that is noted and lacks nothing any more: the note goes. Locks the order. Raises NothingToInvoice
    for one that is not noted either, and StillMissing where none can be issued; then nothing was written.
    """
    order = Order.objects.select_for_update(no_key=True).get(pk=order_id)
    lines = lines_of(order.pk)
    waited = actor is not None and MissingPaper.objects.filter(order=order, faults=[AFTER_SERVICE]).exists()
    was_noted, _by_model = MissingPaper.objects.filter(order=order).delete()
    if order.paid_at is None:
        issued = _issue_deposit(order, lines, method="", now=now, by=actor)
    else:
        were_posted = postings.were_invoiced_at_once(order, [each.line for each in lines])
        issued = issue_planned(order, _missing(order, lines, now=now), is_settled=True, now=now, by=actor)
        issued.entries = [] if were_posted else issued.entries
    issued.add(credit_missing(order, by=actor, now=now))
    if not issued.documents and issued.faults:
        raise StillMissing(issued.faults)
    if not issued.documents and not was_noted:
        raise NothingToInvoice
    note_missing(order, issued.faults, now=now)
    postings.post_documents(issued.entries)
    queue_papers(order, issued.documents, now=now)
    if waited:
        record(order, OrderEvent.What.SERVICE_RENDERED, actor=actor, now=now)
    return issued.documents


def _missing(order: Order, lines: Sequence[SoldLine], *, now: datetime) -> list[Planned]:
    known = Document.objects.filter(order_id=order.pk).values_list("fact", flat=True)
    return at_settlement(order, lines, is_paid=False, now=now, known=frozenset(known))
