"""Currency of the shop, compared with the sales in the ledger: it stays once something was sold."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings

from billing.ledger.models import LedgerEntry


@dataclass(frozen=True)
class OtherCurrency:
    """Currency of sales, `sold_in`, that is not the shop's, `setting`. `is_new` tells that even the last sale is in it:
    nothing was sold since the setting changed."""

    sold_in: str
    setting: str
    is_new: bool


def other_currency() -> OtherCurrency | None:
    """Return how the sales' currency differs from SHOP_CURRENCY; None where it does not, or nothing was sold.

    One query, for the first and the last sale: money that came may be in any currency, sales may not.
    """
    sales = LedgerEntry.objects.filter(kind=LedgerEntry.Kind.SALE)
    first, last = (sales.order_by(by).values("pk", "currency")[:1] for by in ("pk", "-pk"))
    newest_first = first.union(last).order_by("-pk")
    for is_new, sale in zip((True, False), newest_first, strict=False):
        if sale["currency"] != settings.SHOP_CURRENCY:
            return OtherCurrency(sale["currency"], settings.SHOP_CURRENCY, is_new)
    return None
