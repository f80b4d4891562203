"""A wrong document: credited whole, and issued anew with corrected billing details, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Max
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.pricing import ZERO
from common.again import again_after_deadlock
from common.moments import local_day
from common.refusals import Refused
from documents.invoices.checking import BadInvoice
from documents.invoices.values import TRANSFER, Due, Invoice, Party, Payment, as_data, from_data
from documents.issued.models import Document
from documents.issued.services import CREDITED, NewDocument, issue
from shop.orders.history.models import OrderEvent
from shop.orders.locks import lock_order
from shop.orders.models import Order
from shop.orders.transitions import record
from shop.papers.contents import by_transfer, french_number, numbers_of, selling
from shop.papers.credit_notes.contents import Part, narrowed
from shop.papers.credit_notes.details import BillingDetails, carry_over
from shop.papers.credit_notes.payers import payers_of
from shop.papers.credit_notes.rests import Rests, parts_left, rests_of
from shop.papers.credit_notes.services import credit, entry_of, keep_invoiced
from shop.papers.mails import queue_papers
from shop.papers.services import StillMissing
from shop.payments.requests.asked import asked_of, of_payer
from shop.payments.requests.models import Allocation
from shop.payments.requests.reference import reference_of
from shop.postings import services as postings
from shop.seller.models import ShopIdentity

if TYPE_CHECKING:
    from accounts.people.models import User

REASON_LENGTH = 500


class NothingToCorrect(Refused):
    """Refusal to correct a document of which nothing is left."""

    message = gettext_lazy("Nothing is left of this document: it was corrected or credited already.")


class RestChanged(Refused):
    """Refusal because the rest of the document is another one than the page showed."""

    message = gettext_lazy("Something of this document was credited meanwhile, so nothing was done. Look at it again.")


class NothingCorrected(Refused):
    """Refusal of a correction that changes nothing."""

    message = gettext_lazy("Nothing was changed.")


class CorrectionWithoutReason(Refused):
    """Refusal of a correction without a reason."""

    message = gettext_lazy("Say why: the reason is kept in the order’s history.")
    field = "reason"


@dataclass(frozen=True)
class Corrected:
    """A document that was wrong is taken back by one and replaced by the other."""

    credit_note: Document
    invoice: Document


@again_after_deadlock
@transaction.atomic
def correct_document(
    *,
    order_id: int,
    document_id: int,
    details: BillingDetails,
    rest: Decimal,
    reason: str,
    actor: User,
    now: datetime,
) -> Corrected:
    """Credit what is left of an invoice, and issue it anew with other billing details. No money moves: the new one says
    what is paid by now, and their entries undo each other.

    `rest` is what the page showed as left, with tax. The reason is kept in the order's history. Locks the order, then
    both series. Raises NothingToCorrect, RestChanged, NothingCorrected, CorrectionWithoutReason, StillMissing for
    details with which no invoice can be issued, and Document.DoesNotExist; then nothing was written.
    """
    order = lock_order(order_id)
    document = Document.objects.kept().get(pk=document_id, order_id=order.pk, kind__in=CREDITED)
    rests = rests_of(order.pk)
    parts = parts_left(order, rests, document.pk)
    _refuse(parts, rest=rest, reason=reason)
    old = from_data(document.data)
    if BillingDetails.of(old) == details:
        raise NothingCorrected
    try:
        note = credit(document, parts, fact=f"credit_note:{document.pk}:corrected", by=actor, now=now)
        due = _still_due(order, document, old, parts, rests)
        new = _replacement(order, old, parts, details, due=due, language=document.language, now=now)
        new = replace(new, notes=(*old.notes, _said_of(document, note)))
        issued = _issue(document, new, parts, by=actor, now=now)
    except BadInvoice as bad:
        raise StillMissing(bad.faults) from bad
    if postings.posts_documents(order):
        entries = [entry_of(order, note, parts, sign=-1), entry_of(order, issued, parts, sign=1)]
        postings.post_documents(entries)
    carry_over(order, BillingDetails.of(old), details, reason=reason, actor=actor, now=now)
    detail = {"reason": reason.strip()[:REASON_LENGTH], "documents": [document.number, note.number, issued.number]}
    record(order, OrderEvent.What.BILLING_CORRECTED, actor=actor, now=now, detail=detail)
    queue_papers(order, [note, issued], now=now)
    return Corrected(note, issued)


def _refuse(parts: Sequence[Part], *, rest: Decimal, reason: str) -> None:
    if not parts:
        raise NothingToCorrect
    if sum((part.amount.gross for part in parts), ZERO) != rest:
        raise RestChanged
    if not reason.strip():
        raise CorrectionWithoutReason


def _still_due(order: Order, document: Document, old: Invoice, parts: Sequence[Part], rests: Rests) -> list[Due]:
    """Return the parts that its payer still has to pay of what a document leaves, by their last day, at most its own:
    of one among several of that payer no more than it asked for. Two queries, and one for each earlier correction."""
    payers = payers_of(Document.objects.filter(pk__in=rests).defer("data"))
    payer = payers[document.pk]
    most = sum((part.amount.gross for part in parts), ZERO)
    most = most if list(payers.values()).count(payer) == 1 else min(most, old.due)
    own = of_payer(asked_of(order), payer, list(payers.values()))
    owed = [(each.request.due_on, each.rest) for each in own if each.rest > 0]
    dues: list[Due] = []
    # Money that came has paid the first of them.
    for on, amount in sorted(owed, key=lambda each: each[0] or date.min, reverse=True):
        part = min(amount, most)
        most -= part
        if part:
            dues.insert(0, Due(on=on or date.min, amount=part))
    return dues


def _replacement(
    order: Order,
    old: Invoice,
    parts: Sequence[Part],
    details: BillingDetails,
    *,
    due: Sequence[Due],
    language: str,
    now: datetime,
) -> Invoice:
    seller, today = ShopIdentity.current(), local_day(now)
    left = narrowed(old, parts, language=language)
    owed = sum((each.amount for each in due), ZERO)
    return replace(
        left,
        seller=selling(seller),
        buyer=_buyer(old.buyer, details),
        references=replace(old.references, service_code=details.service_code, purchase_order=details.purchase_order),
        paid=left.gross - owed,
        dues=tuple(replace(each, on=max(each.on, today)) for each in due),
        payment=by_transfer(seller, reference=reference_of(order.number)) if owed else _paid(order, old, today),
        earlier=(),
    )


def _buyer(buyer: Party, details: BillingDetails) -> Party:
    return replace(
        buyer,
        name=details.name,
        street=details.street,
        postal_code=details.postal_code,
        city=details.city,
        vat_number=details.vat_number,
        **numbers_of(french_number(details.register_number, country=buyer.country)),
    )


def _paid(order: Order, old: Invoice, today: date) -> Payment:
    """Return how and when the last of an order was paid; today for one whose payments the shop does not know."""
    if old.payment is not None and old.payment.paid_on:
        return old.payment
    given = Allocation.objects.filter(request__order=order, released_at__isnull=True)
    last = given.aggregate(last=Max("at"))["last"]
    means = old.payment.means if old.payment else TRANSFER
    return Payment(means=means, paid_on=local_day(last) if last else today)


def _said_of(document: Document, note: Document) -> str:
    with translation.override(document.language):
        told = _("Replaces %(number)s, which was wrong and is taken back by %(credit_note)s.")
        return told % {"number": document.number, "credit_note": note.number}


def _issue(document: Document, said: Invoice, parts: Sequence[Part], *, by: User, now: datetime) -> Document:
    """Issue the document that takes the place of a wrong one: a final invoice becomes an invoice of its rest, since its
    deposit invoices stay."""
    kind = Document.Kind.INVOICE if document.kind == Document.Kind.FINAL else Document.Kind(document.kind)
    new = NewDocument(
        fact=f"corrected:{document.pk}",
        kind=kind,
        data=as_data(said),
        language=document.language,
        order_id=document.order_id,
        corrects_id=document.pk,
        issued_by_id=by.pk,
    )
    issued = issue(new, now=now)
    keep_invoiced(issued, parts, sign=1)
    return issued
