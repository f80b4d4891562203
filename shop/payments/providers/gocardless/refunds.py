"""Refunds by GoCardless: sent once for a key, looked up by it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from shop.payments.port import CallRefused, RefundAnswer, RefundState
from shop.payments.providers.gocardless.client import gocardless_client, keyed, noted, to_cents
from shop.payments.providers.gocardless.debits import payment_of

_FAILED = ("cancelled", "bounced", "failed", "funds_returned")


def refund(*, reference: str, amount: Decimal, currency: str, key: str) -> RefundAnswer:
    """Send back an amount of a payment. Looks first whether it was sent: a key is not known for ever."""
    units = to_cents(amount, currency)
    with gocardless_client() as client:
        payment = _payment(client, reference)
        found = _find(client, payment, key)
        if found is None:
            asked = {
                "amount": units,
                "total_amount_confirmation": int(payment.amount_refunded or 0) + units,
                "links": {"payment": payment.id},
                "metadata": {"key": key, "order": noted(payment).get("order", "")},
            }
            found = client.refunds.create(params=asked, headers=keyed(key))
        return _answer(found)


def fetch_refund(reference: str) -> RefundAnswer:
    with gocardless_client() as client:
        return _answer(client.refunds.get(reference))


def find_refund(*, reference: str, key: str) -> RefundAnswer | None:
    with gocardless_client() as client:
        found = _find(client, _payment(client, reference), key)
        return None if found is None else _answer(found)


def _payment(client: Any, reference: str) -> Any:
    payment = payment_of(client, client.billing_requests.get(reference))
    if payment is None:
        raise CallRefused("not_paid")
    return payment


def _find(client: Any, payment: Any, key: str) -> Any:
    sent = client.refunds.list(params={"payment": payment.id, "limit": 500}).records
    return next((each for each in sent if noted(each).get("key") == key), None)


def _answer(refund: Any) -> RefundAnswer:
    if refund.status == "paid":
        return RefundAnswer(RefundState.SUCCEEDED, refund.id)
    if refund.status in _FAILED:
        return RefundAnswer(RefundState.FAILED, refund.id, refund.status)
    return RefundAnswer(RefundState.PENDING, refund.id)
