"""Payments of GoCardless with all that became of them, as events of the port.

The history of a payment tells more than its state: one that fails after it was confirmed was taken back by the bank,
and a charge-back may be cancelled. Each event is named by the thing and its state.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from shop.payments.port import ENDED, UNDER_WAY, Notice, NotificationRefused, ProviderEvent
from shop.payments.providers.gocardless.client import CURRENCY, from_cents, gocardless_client, noted
from shop.payments.providers.gocardless.debits import NAME, payment_due

REFERENCE = re.compile("BRQ[A-Za-z0-9]{1,60}")
_UNDER_WAY = ("pending_customer_approval", "pending_submission", "submitted")
_PAID = ("confirmed", "paid_out")
_OF_REFUNDS = {
    "paid": "refunded",
    "cancelled": "refund_failed",
    "bounced": "refund_failed",
    "failed": "refund_failed",
    "funds_returned": "refund_failed",
}


def of_request(reference: str, notice: Notice) -> list[ProviderEvent]:
    """Return what has become of a billing request and its payment; [] while nobody gave a mandate. Makes the payment
    once the mandate is given."""
    if not REFERENCE.fullmatch(reference):
        raise NotificationRefused("reference")
    with gocardless_client() as client:
        request = client.billing_requests.get(reference)
        ours = noted(request)
        if "order" not in ours or "key" not in ours or "amount" not in ours:
            return []
        payment = payment_due(client, request)
        if payment is not None:
            return list(_of_payment(client, payment, notice))
    if request.status not in ("cancelled", "fulfilled"):
        return []
    amount = from_cents(ours["amount"])
    return [
        ProviderEvent(NAME, f"{reference}:{ENDED}", reference, ENDED, ours["order"], amount, CURRENCY,
                      dict(notice.payload), ours["key"])
    ]  # fmt: skip


def of_refund(identity: str, notice: Notice) -> list[ProviderEvent]:
    """Return the end of a refund; [] for one under way, or of another program's payment."""
    with gocardless_client() as client:
        refund = client.refunds.get(identity)
        kind = _OF_REFUNDS.get(refund.status)
        payment = client.payments.get(refund.links.payment) if kind and refund.links.payment else None
    if kind is None or payment is None or "request" not in noted(payment):
        return []
    more = {"refund_reference": refund.id, "refund_key": noted(refund).get("key", "")}
    return [_event(payment, kind, refund.id, refund.amount, notice, **more)]


def _of_payment(client: Any, payment: Any, notice: Notice) -> Iterator[ProviderEvent]:
    if payment.status in _UNDER_WAY:
        yield _event(payment, UNDER_WAY, payment.id, payment.amount, notice)
        return
    history = _history(client, payment.id)
    if not _was_paid(payment, history):
        # Stopped by the merchant or the customer's bank, or refused by it.
        yield _event(payment, "declined", payment.id, payment.amount, notice)
        return
    yield _event(payment, "succeeded", payment.id, payment.amount, notice)
    for thing, kind in disputes_in(payment.id, history):
        yield _event(payment, kind, thing, payment.amount, notice)


def disputes_in(payment: str, history: list[str]) -> Iterator[tuple[str, str]]:
    """Yield name and end of each time that money was taken back, and came again, by the actions of a payment, oldest
    first."""
    number, is_paid = 0, False
    for action in history:
        if action == "confirmed" and number and not is_paid:
            yield f"{payment}/{number}", "dispute_won"
        if action in _PAID:
            is_paid = True
        elif action == "charged_back" or (action == "failed" and is_paid):
            number += 1
            yield f"{payment}/{number}", "dispute_lost"
            is_paid = False
        elif action == "chargeback_cancelled" and number:
            yield f"{payment}/{number}", "dispute_won"
            is_paid = True


def _was_paid(payment: Any, history: list[str]) -> bool:
    return payment.status in (*_PAID, "charged_back") or any(action in _PAID for action in history)


def _history(client: Any, payment: str) -> list[str]:
    """Return the actions of a payment, oldest first."""
    told = client.events.list(params={"payment": payment, "limit": 500}).records
    return [each.action for each in reversed(told)]


def _event(payment: Any, kind: str, thing: str, units: Any, notice: Notice, **more: str) -> ProviderEvent:
    ours = noted(payment)
    return ProviderEvent(
        provider=NAME,
        event_id=f"{thing}:{kind}",
        reference=ours["request"],
        kind=kind,
        order_number=ours["order"],
        amount=from_cents(units),
        currency=payment.currency,
        payload=dict(notice.payload),
        attempt_key=ours["key"],
        refund_reference=more.get("refund_reference", ""),
        refund_key=more.get("refund_key", ""),
    )
