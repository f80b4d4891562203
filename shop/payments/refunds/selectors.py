"""Reads about money sent back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from shop.payments.refunds.models import Refund
from shop.payments.registry import method_label

SHOWN = 100


@dataclass(frozen=True)
class SentBack:
    """Refund as its account sees it."""

    refund: Refund

    @property
    def way(self) -> str:
        return way_of(self.refund)

    @property
    def at(self) -> datetime:
        """Moment at which it was sent, or asked for while it is under way."""
        return self.refund.done_at or self.refund.asked_at


def way_of(refund: Refund) -> str:
    """Return the way of a refund in words: the payment method that sends it, or another way."""
    by_provider = refund.payment if refund.way == Refund.Way.PROVIDER else None
    return method_label(by_provider.provider) if by_provider else str(refund.get_way_display())


def sent_back_to(account_id: int) -> list[SentBack]:
    """Return the latest refunds to an account that did not fail, newest first, at most `SHOWN`. One query."""
    of_account = Refund.objects.standing().filter(Q(order__account=account_id) | Q(account=account_id))
    return [SentBack(refund) for refund in of_account.select_related("order", "payment").order_by("-pk")[:SHOWN]]
