"""Money that left by transfer for refunds: what the ledger says is on its way, and the lines that show it."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal

from django.db.models import Sum

from billing.ledger.models import Account, LedgerLine
from common.currencies import from_minor_units
from shop.payments.refunds.models import Refund


def on_their_way(currency: str, *, orders: Collection[int] | None = None) -> dict[int, Decimal]:
    """Return what was sent back for orders and no bank has shown yet, by the order's key: without what providers are
    sending. Two queries."""
    lines = LedgerLine.objects.filter(account=Account.REFUNDS_SENT, entry__currency=currency, order_id__isnull=False)
    by_providers = Refund.objects.open().filter(way=Refund.Way.PROVIDER, currency=currency, order__isnull=False)
    if orders is not None:
        lines, by_providers = lines.filter(order_id__in=orders), by_providers.filter(order__in=orders)
    sums = lines.order_by().values_list("order_id").annotate(sum=Sum("amount")).filter(sum__lt=0)
    held = dict(by_providers.order_by().values_list("order_id").annotate(sum=Sum("amount")))
    sent = {order_id: from_minor_units(-units, currency) - held.get(order_id, 0) for order_id, units in sums}
    return {order_id: amount for order_id, amount in sent.items() if amount > 0}
