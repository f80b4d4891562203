"""Papers of orders, for pages, and what they have invoiced."""

from __future__ import annotations

from django.db.models import QuerySet, Sum

from accounts.members.models import Membership
from accounts.members.rights import Right, rights_of
from documents.issued.models import Document
from documents.issued.services import CREDITED
from shop.orders.models import Order
from shop.papers.amounts import Amount
from shop.papers.models import InvoicedLine


def papers_of(order: Order) -> QuerySet[Document]:
    """Return the documents of an order, the newest first."""
    return Document.objects.filter(order_id=order.pk).defer("data").order_by("-pk")


def papers_seen_by(member: Membership) -> QuerySet[Document]:
    """Return the documents that a member may see, the newest first: of all the account's orders, or of those that the
    member bought. A document stays with its order when that moves to another account."""
    orders = Order.objects.filter(account=member.account_id)
    if Right.SEE_INVOICES not in rights_of(member):
        orders = orders.filter(buyer=member.user_id)
    return Document.objects.filter(order_id__in=orders.values("pk")).order_by("-pk")


def invoices_of(order: Order) -> QuerySet[Document]:
    """Return the documents of an order by which something was invoiced, the newest first."""
    return Document.objects.filter(order_id=order.pk, kind__in=CREDITED, template="invoice").order_by("-pk")


def invoiced_of(order_id: int) -> dict[int, Amount]:
    """Return what is invoiced so far of each line of an order, by line id: invoices less credit notes. Lines of which
    nothing ever was are left out. One query."""
    rows = InvoicedLine.objects.filter(line__order=order_id).order_by().values_list("line")
    return {line_id: Amount(net, tax) for line_id, net, tax in rows.annotate(Sum("net"), Sum("tax"))}
