"""Documents found by the number of their order, and by the name of their customer account."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils.safestring import SafeString

from accounts.members.models import CustomerAccount
from common.admin.display import NOTHING, link
from common.search import matching
from shop.orders.models import Order


def orders_numbered(text: str) -> QuerySet[Any]:
    return Order.objects.order_by().filter(number__in=[text, text.upper()]).values("pk")


def orders_of_accounts(word: str) -> QuerySet[Any]:
    accounts = matching(CustomerAccount.objects.order_by(), word, "search_text")
    return Order.objects.order_by().filter(account__in=accounts.values("pk")).values("pk")


def link_to_order(order_id: int) -> SafeString | str:
    """Write a link to an order's page. One query."""
    number = Order.objects.filter(pk=order_id).values_list("number", flat=True).first()
    return link("shop_order", order_id, number) if number else NOTHING
