"""Sums over the ledger: the one source of figures of money."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from billing.ledger.models import Account, LedgerLine
from common.currencies import from_minor_units


class Open(NamedTuple):
    """Orders on which an account stands open, and its sum."""

    orders: int
    amount: Decimal


def balance(
    *accounts: Account,
    currency: str,
    customer_id: int | None = None,
    order_id: int | None = None,
    part: str | None = None,
) -> Decimal:
    """Return the sum of some accounts in a currency: debits less credits. One query.

    Of one customer, one order or one part (tax rate, provider) where one is named.
    """
    narrowed = {"customer": customer_id, "order_id": order_id, "part": part}
    only = {name: value for name, value in narrowed.items() if value is not None}
    lines = LedgerLine.objects.filter(account__in=accounts, entry__currency=currency, **only)
    return from_minor_units(lines.aggregate(sum=Sum("amount"))["sum"] or 0, currency)


def balance_of_orders(account: Account, orders: QuerySet[Any, Any], *, currency: str) -> Decimal:
    """Return what an account holds for orders together, given by a query for their keys: debits less credits. One
    query."""
    lines = LedgerLine.objects.filter(account=account, entry__currency=currency, order_id__in=orders)
    return from_minor_units(lines.aggregate(sum=Sum("amount"))["sum"] or 0, currency)


def balances_of_order(order_id: int) -> dict[Account, int]:
    """Return what stands open for an order on each account, in minor units; accounts at zero are left out. One
    query."""
    sums = LedgerLine.objects.filter(order_id=order_id).order_by().values_list("account").annotate(sum=Sum("amount"))
    return {Account(account): total for account, total in sums if total}


def sum_by_order(*accounts: Account, kinds: Collection[str] = ()) -> Coalesce:
    """Return an expression for the sum of some accounts for each order of a query, in minor units; of entries of some
    kinds where they are named."""
    lines = LedgerLine.objects.filter(order_id=OuterRef("pk"), account__in=accounts).order_by().values("order_id")
    if kinds:
        lines = lines.filter(entry__kind__in=kinds)
    return Coalesce(Subquery(lines.values(sum=Sum("amount"))), 0)


def orders_with(account: Account) -> QuerySet[Any, Any]:
    """Return the keys of the orders on which an account does not stand at zero, for a query about orders."""
    lines = LedgerLine.objects.filter(account=account, order_id__isnull=False).order_by().values("order_id")
    return lines.annotate(sum=Sum("amount")).exclude(sum=0).values("order_id")


def open_by_order(account: Account, *, currency: str) -> Open:
    """Return on how many orders an account stands open, in any currency, and the sum in `currency`: credits less
    debits. One query."""
    orders = LedgerLine.objects.filter(account=account, order_id__isnull=False).order_by()
    standing = orders.values("order_id", of=F("entry__currency")).annotate(sum=Sum("amount")).exclude(sum=0)
    found = standing.aggregate(orders=Count("order_id"), units=Sum("sum", filter=Q(of=currency)))
    return Open(found["orders"], from_minor_units(-(found["units"] or 0), currency))


def has_entries(account_id: int) -> bool:
    """Tell whether a customer account is named in the ledger, and so must never be deleted."""
    return LedgerLine.objects.filter(customer=account_id).exists()
