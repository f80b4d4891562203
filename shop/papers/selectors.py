"""Papers of orders, for pages."""

from __future__ import annotations

from django.db.models import QuerySet

from accounts.members.models import CustomerAccount
from documents.issued.models import Document
from shop.orders.models import Order


def papers_of(order: Order) -> QuerySet[Document]:
    """Return the documents of an order, the newest first."""
    return Document.objects.filter(order_id=order.pk).defer("data").order_by("-pk")


def papers_of_account(account: CustomerAccount) -> QuerySet[Document]:
    """Return the documents of an account's orders, the newest first. A document stays with its order when that moves
    to another account."""
    orders = Order.objects.filter(account=account).values("pk")
    return Document.objects.filter(order_id__in=orders).order_by("-pk")
