"""Papers of orders, for pages, and what they have invoiced."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Case, F, Q, QuerySet, Sum, When
from django.db.models.fields.json import KT

from accounts.members.models import Membership
from accounts.members.rights import Right, rights_of
from documents.issued.models import Document
from documents.issued.services import CREDITED
from shop.orders.giving_back.models import GivingBack
from shop.orders.models import Order
from shop.papers.amounts import Amount
from shop.papers.models import InvoicedLine


def papers_of(order: Order) -> QuerySet[Document]:
    """Return the documents of an order, the newest first, without those of which the number alone is left."""
    return Document.objects.kept().filter(order_id=order.pk).defer("data").order_by("-pk")


def papers_told_of(order: Order) -> QuerySet[Document]:
    """Return the documents of an order, the newest first, each with what tells them apart: `corrected`, the number of
    the one that it takes back or replaces, and `payer`, the name of an OPCO that it is made out to; else None."""
    payer = When(fact__contains=":opco:", then=KT("data__buyer__name"))
    return papers_of(order).annotate(corrected=F("corrects__number"), payer=Case(payer))


def papers_seen_by(member: Membership) -> QuerySet[Document]:
    """Return the documents that a member may see and that are kept, the newest first: of all the account's orders, or
    of those that the member bought. A document stays with its order when that moves to another account."""
    orders = Order.objects.filter(account=member.account_id)
    if Right.SEE_INVOICES not in rights_of(member):
        orders = orders.filter(buyer=member.user_id)
    return Document.objects.kept().filter(order_id__in=orders.values("pk")).order_by("-pk")


def invoices_of(order: Order) -> QuerySet[Document]:
    """Return the documents of an order by which something was invoiced, the newest first, as long as they are kept."""
    return Document.objects.kept().filter(order_id=order.pk, kind__in=CREDITED, template="invoice").order_by("-pk")


def invoiced_of(order_id: int) -> dict[int, Amount]:
    """Return what is invoiced so far of each line of an order, by line id: invoices less credit notes. Lines of which
    nothing ever was are left out. One query."""
    rows = InvoicedLine.objects.filter(line__order=order_id).order_by().values_list("line")
    return {line_id: Amount(net, tax) for line_id, net, tax in rows.annotate(Sum("net"), Sum("tax"))}


def documents_of_facts(facts: Collection[str]) -> dict[str, Document]:
    """Return the document that proves each of some entries of the ledger, by the entry's fact: the invoice of a sale,
    the credit note of units given back. Entries without a document are left out. Two queries at most.
    """
    wanted = {
        f"invoice:order:{key}": [f"sale:{key}", f"invoice:{key}"]
        for fact in facts
        for what, _colon, key in [fact.partition(":")]
        if what in ("sale", "invoice")
    }
    keys = [int(key) for what, _colon, key in (fact.partition(":") for fact in facts) if what == "document"]
    invoices = Q(fact__in=wanted) | Q(pk__in=keys)
    found: dict[str, Document] = {}
    for document in Document.objects.filter(invoices).defer("data"):
        found |= dict.fromkeys([*wanted.get(document.fact, ()), f"document:{document.pk}"], document)
    return {fact: document for fact, document in (found | _credit_notes(facts)).items() if fact in facts}


def _credit_notes(facts: Collection[str]) -> dict[str, Document]:
    """Return the credit notes of units given back, by the fact of each giving back: the first that came after it."""
    keys = [int(key) for what, _colon, key in (fact.partition(":") for fact in facts) if what == "given_back"]
    if not keys:
        return {}
    givings = GivingBack.objects.filter(pk__in=keys).values_list("pk", "line__order")
    notes = Document.objects.filter(
        order_id__in={order_id for _pk, order_id in givings},
        kind=Document.Kind.CREDIT_NOTE,
        fact__contains=":given_back:",
    )
    by_order: dict[int, list[tuple[int, Document]]] = {}
    for note in notes.defer("data").order_by("pk"):
        last = note.fact.rpartition(":")[2]
        if last.isdecimal() and note.order_id is not None:
            by_order.setdefault(note.order_id, []).append((int(last), note))
    found = {}
    for pk, order_id in givings:
        after = [(last, note) for last, note in by_order.get(order_id, ()) if last >= pk]
        if after:
            found[f"given_back:{pk}"] = min(after, key=lambda each: each[0])[1]
    return found
