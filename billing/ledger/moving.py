"""Move of what stands open in one customer account to another: by an entry, never by rewriting."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from django.db.models import Sum

from billing.ledger.models import Account, LedgerLine
from billing.ledger.services import Entry, Kind, Line, post


def move_order(*, order_id: int, from_id: int, to_id: int, at: datetime) -> None:
    """Move the open sums of an order from one customer account to another. One query and one statement.

    The caller holds the locks of the order and of both accounts.
    """
    sums = (
        LedgerLine.objects.filter(order_id=order_id, customer=from_id)
        .order_by()
        .values_list("entry__currency", "account", "part")
        .annotate(sum=Sum("amount"))
    )
    lines: dict[str, list[Line]] = defaultdict(list)
    for currency, account, part, total in sums:
        for customer_id, amount in ((from_id, -total), (to_id, total)):
            lines[currency].append(Line(Account(account), amount, customer_id, order_id, part))
    post(
        Entry(f"moved:{order_id}:{from_id}:{to_id}:{currency}", Kind.MOVED, at, currency, tuple(of_currency))
        for currency, of_currency in lines.items()
    )
