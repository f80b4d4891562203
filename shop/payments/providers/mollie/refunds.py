"""Refunds by Mollie: sent once for a key, looked up by it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from shop.payments.port import CallRefused, RefundAnswer, RefundState
from shop.payments.providers.mollie.client import mollie_client, noted, to_mollie
from shop.payments.providers.mollie.events import refund_reference

_STATES = {"refunded": RefundState.SUCCEEDED, "failed": RefundState.FAILED, "canceled": RefundState.FAILED}


def refund(*, reference: str, amount: Decimal, currency: str, key: str) -> RefundAnswer:
    """Send back an amount of a payment. Looks first whether it was sent: Mollie knows a key for an hour only."""
    with mollie_client() as client:
        payment = client.payments.get(reference)
        if not payment.is_paid():
            raise CallRefused("not_paid")
        found = _find(payment, key)
        if found is None:
            asked = {
                "amount": to_mollie(amount, currency),
                "description": noted(payment).get("order", ""),
                "metadata": {"key": key, "order": noted(payment).get("order", "")},
            }
            found = payment.refunds.create(asked, idempotency_key=key)
        return _answer(reference, found)


def fetch_refund(reference: str) -> RefundAnswer:
    payment, _slash, identity = reference.partition("/")
    with mollie_client() as client:
        return _answer(payment, client.payments.get(payment).refunds.get(identity))


def find_refund(*, reference: str, key: str) -> RefundAnswer | None:
    with mollie_client() as client:
        found = _find(client.payments.get(reference), key)
        return None if found is None else _answer(reference, found)


def _find(payment: Any, key: str) -> Any:
    page = payment.refunds.list(limit=250)
    while page is not None:
        for found in page:
            if noted(found).get("key") == key:
                return found
        page = page.get_next()
    return None


def _answer(payment: str, refund: Any) -> RefundAnswer:
    state = _STATES.get(refund.status, RefundState.PENDING)
    failed = refund.status if state == RefundState.FAILED else ""
    return RefundAnswer(state, refund_reference(payment, refund.id), failed)
