"""Payments of Mollie with their refunds and chargebacks, as events of the port.

Mollie's message names the payment alone, whatever happened to it: everything it knows is read, and each event is named
by the thing and its state.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from shop.payments.port import ENDED, UNDER_WAY, Notice, NotificationRefused, ProviderEvent
from shop.payments.providers.mollie.client import from_mollie, mollie_client, noted

REFERENCE = re.compile("tr_[A-Za-z0-9]{1,60}")
_OF_PAYMENTS = {
    "pending": UNDER_WAY,
    "authorized": UNDER_WAY,
    "paid": "succeeded",
    "failed": "declined",
    "canceled": ENDED,
    "expired": ENDED,
}
_OF_REFUNDS = {"refunded": "refunded", "failed": "refund_failed", "canceled": "refund_failed"}


def everything(notice: Notice) -> list[ProviderEvent]:
    """Look a payment up with its refunds and chargebacks; [] for one that is open or is not the shop's."""
    if not REFERENCE.fullmatch(notice.reference):
        raise NotificationRefused("reference")
    with mollie_client() as client:
        payment = client.payments.get(notice.reference, embed="refunds,chargebacks")
    ours = noted(payment)
    if "order" not in ours or "key" not in ours:
        return []
    return list(_events(payment, notice))


def refund_reference(payment: str, refund: str) -> str:
    """Return a refund's reference: Mollie gives a refund only together with its payment."""
    return f"{payment}/{refund}"


def _events(payment: Any, notice: Notice) -> Iterator[ProviderEvent]:
    kind = _OF_PAYMENTS.get(payment["status"])
    if kind:
        yield _event(payment, kind, payment, notice)
    inner = payment.get("_embedded", {})
    for refund in inner.get("refunds", ()):
        kind = _OF_REFUNDS.get(refund["status"])
        if kind:
            named = refund_reference(payment["id"], refund["id"])
            yield _event(payment, kind, refund, notice, refund_reference=named, refund_key=noted(refund).get("key", ""))
    for chargeback in inner.get("chargebacks", ()):
        # The money has gone already when Mollie tells of it.
        kind = "dispute_won" if chargeback.get("reversedAt") else "dispute_lost"
        yield _event(payment, kind, chargeback, notice)


def _event(
    payment: Any, kind: str, thing: Any, notice: Notice, *, refund_reference: str = "", refund_key: str = ""
) -> ProviderEvent:
    amount, currency = from_mollie(thing["amount"])
    ours = noted(payment)
    return ProviderEvent(
        provider="mollie",
        event_id=f"{thing['id']}:{kind}",
        reference=payment["id"],
        kind=kind,
        order_number=ours["order"],
        amount=abs(amount),
        currency=currency,
        payload=dict(notice.payload),
        attempt_key=ours["key"],
        fee=Decimal(0),
        refund_reference=refund_reference,
        refund_key=refund_key,
    )
