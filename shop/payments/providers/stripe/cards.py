"""Cards kept by Stripe: saved by a Checkout session in setup mode, charged off session by a payment intent."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from shop.payments.port import Attempt, Started
from shop.payments.providers.stripe.amounts import at_stripe
from shop.payments.providers.stripe.client import noted, stripe_client
from shop.payments.saved_cards.port import Card, Charged, Saving

# Noted with intents of ours that no session began; those of sessions are known by their session.
BY_CARD = "card"
_AROUND = timedelta(minutes=10)
_LONGEST_CALL = timedelta(hours=12)


def start_saving(saving: Saving) -> Started:
    asked: dict[str, Any] = {
        "mode": "setup",
        "payment_method_types": ["card"],
        "customer_creation": "always",
        "client_reference_id": saving.order_number,
        "metadata": {"order": saving.order_number, "saves": saving.key},
        "success_url": saving.return_url,
        "cancel_url": saving.cancel_url,
        "locale": saving.language,
    }
    if saving.email:
        asked["customer_email"] = saving.email
    with stripe_client() as client:
        session = client.v1.checkout.sessions.create(asked, {"idempotency_key": saving.key})
    return Started(session.id, session.url or "", datetime.fromtimestamp(session.expires_at, UTC))


def fetch_card(reference: str) -> Card | None:
    """Return customer and card of a session that has saved one."""
    with stripe_client() as client:
        session = client.v1.checkout.sessions.retrieve(reference, {"expand": ["setup_intent.payment_method"]})
    intent = session.setup_intent
    if session.status != "complete" or intent is None or intent.status != "succeeded":
        return None
    last4 = str(intent.payment_method.card.last4 or "")
    return Card(f"{session.customer}:{intent.payment_method.id}", int(last4) if last4.isdecimal() else None)


def charge(attempt: Attempt, card: str) -> Charged:
    import stripe

    customer, _colon, method = card.partition(":")
    asked: Any = {
        "amount": at_stripe(attempt.amount, attempt.currency),
        "currency": attempt.currency.lower(),
        "customer": customer,
        "payment_method": method,
        "off_session": True,
        "confirm": True,
        "description": attempt.title,
        "metadata": {"order": attempt.order_number, "key": attempt.key, "by": BY_CARD},
    }
    with stripe_client() as client:
        try:
            intent = client.v1.payment_intents.create(asked, {"idempotency_key": attempt.key})
        except stripe.CardError as error:
            reference = _intent_of(error)
            if not reference:
                raise
            code = str(getattr(error.error, "decline_code", None) or error.code)
            return Charged(reference, code, needs_customer=error.code == "authentication_required")
        if intent.status == "requires_action":
            client.v1.payment_intents.cancel(intent.id)
            return Charged(intent.id, "authentication_required", needs_customer=True)
    return Charged(intent.id)


def find_charge(attempt: Attempt) -> Started | None:
    """Look through the intents made around the attempt, by the key in their metadata."""
    earliest, latest = attempt.begun_at - _AROUND, attempt.begun_at + _LONGEST_CALL + _AROUND
    between = {"gte": int(earliest.timestamp()), "lte": int(latest.timestamp())}
    with stripe_client() as client:
        page = client.v1.payment_intents.list({"created": between, "limit": 100})
        for intent in page.auto_paging_iter():
            if is_ours(intent) and noted(intent).get("key") == attempt.key:
                return Started(intent.id, "")
    return None


def end_charge(reference: str) -> None:
    """Cancel an intent with which no money has moved."""
    with stripe_client() as client:
        intent = client.v1.payment_intents.retrieve(reference)
        if intent.status.startswith("requires_"):
            client.v1.payment_intents.cancel(reference)


def is_ours(intent: Any) -> bool:
    """Tell whether an intent was begun by a charge of a saved card."""
    return noted(intent).get("by") == BY_CARD


def _intent_of(error: Any) -> str:
    told = (error.json_body or {}).get("error") or {}
    return str((told.get("payment_intent") or {}).get("id") or "")
