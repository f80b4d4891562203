"""Sums over the ledger: the one source of figures of money."""

from __future__ import annotations

from decimal import Decimal

from django.db.models import Sum

from billing.ledger.models import Account, LedgerLine
from common.currencies import from_minor_units


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


def balances_of_order(order_id: int) -> dict[Account, int]:
    """Return what stands open for an order on each account, in minor units; accounts at zero are left out. One
    query."""
    sums = LedgerLine.objects.filter(order_id=order_id).order_by().values_list("account").annotate(sum=Sum("amount"))
    return {Account(account): total for account, total in sums if total}


def has_entries(account_id: int) -> bool:
    """Tell whether a customer account is named in the ledger, and so must never be deleted."""
    return LedgerLine.objects.filter(customer=account_id).exists()
