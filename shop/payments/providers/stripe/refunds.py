"""Refunds by Stripe: sent once for a key, looked up by it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from shop.payments.port import CallRefused, RefundAnswer, RefundState
from shop.payments.providers.stripe.amounts import at_stripe
from shop.payments.providers.stripe.client import noted, stripe_client

_STATES = {"succeeded": RefundState.SUCCEEDED, "failed": RefundState.FAILED, "canceled": RefundState.FAILED}


def refund(*, reference: str, amount: Decimal, currency: str, key: str) -> RefundAnswer:
    """Send back an amount of the payment of a session."""
    with stripe_client() as client:
        paid = _paid(client, reference)
        asked: Any = {
            "payment_intent": _payment_of(paid),
            "amount": at_stripe(amount, currency),
            "metadata": {"key": key, "order": noted(paid).get("order", "")},
        }
        return _answer(client.v1.refunds.create(asked, {"idempotency_key": key}))


def fetch_refund(reference: str) -> RefundAnswer:
    with stripe_client() as client:
        return _answer(client.v1.refunds.retrieve(reference))


def find_refund(*, reference: str, key: str) -> RefundAnswer | None:
    with stripe_client() as client:
        payment = _payment_of(_paid(client, reference))
        for found in client.v1.refunds.list({"payment_intent": payment, "limit": 100}).auto_paging_iter():
            if noted(found).get("key") == key:
                return _answer(found)
    return None


def _paid(client: Any, reference: str) -> Any:
    """Return the session of a payment; for a charge of a saved card, its intent."""
    if reference.startswith("pi_"):
        return client.v1.payment_intents.retrieve(reference)
    return client.v1.checkout.sessions.retrieve(reference)


def _payment_of(paid: Any) -> str:
    """Return the key of the intent of a session, or of an intent itself."""
    if paid.object == "payment_intent":
        return str(paid.id)
    payment = paid.payment_intent
    if payment is None:
        raise CallRefused("not_paid")
    return payment if isinstance(payment, str) else str(payment.id)


def _answer(refund: Any) -> RefundAnswer:
    state = _STATES.get(refund.status or "", RefundState.PENDING)
    return RefundAnswer(state, refund.id, getattr(refund, "failure_reason", None) or "")
