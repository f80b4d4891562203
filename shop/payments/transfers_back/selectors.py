"""Transfers under way, for bank statements that show them."""

from __future__ import annotations

import re
from decimal import Decimal

from django.db.models import QuerySet

from shop.payments.refunds.models import Refund
from shop.payments.transfers_back.sepa import end_to_end_of

_NAMED = re.compile(r"\bR([0-9]{1,18})-([0-9A-F]{8})\b", re.ASCII | re.IGNORECASE)


def transfers_to_send() -> QuerySet[Refund]:
    """Return refunds that wait for a file, the oldest first."""
    waiting = Refund.objects.filter(way=Refund.Way.TRANSFER, state=Refund.State.ASKED, file__isnull=True)
    return waiting.order_by("pk")


def transfers_under_way() -> QuerySet[Refund]:
    """Return refunds by transfer that no bank statement has shown yet, the oldest first."""
    return Refund.objects.open().filter(way=Refund.Way.TRANSFER, file__isnull=False).order_by("pk")


def names_a_transfer(text: str) -> bool:
    """Tell whether a text names a refund by transfer, there or not. No query."""
    return _NAMED.search(text) is not None


def transfers_like(*, text: str, amount: Decimal, currency: str) -> list[Refund]:
    """Return the transfers under way that a line of a bank statement may show, whose `amount` is above zero: the one
    that its text names, if its amount fits; else the first 20 of that amount. Two queries at most."""
    same = transfers_under_way().filter(amount=amount, currency=currency).select_related("order")
    for key, _mark in _NAMED.findall(text):
        refund = same.filter(pk=int(key)).first()
        if refund is not None and end_to_end_of(refund) in text.upper():
            return [refund]
    return list(same[:20])
