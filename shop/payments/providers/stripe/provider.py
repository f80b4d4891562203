"""Stripe Checkout, as the shop's port requires."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _

from shop.payments.port import (
    Attempt,
    CallRefused,
    Connection,
    Forged,
    Message,
    Notice,
    NotificationRefused,
    ProviderEvent,
    Started,
    origin_of,
)
from shop.payments.providers.stripe import cards, events, refunds
from shop.payments.providers.stripe.amounts import at_stripe
from shop.payments.providers.stripe.client import PAGES, noted, stripe_client
from shop.payments.providers.stripe.keys import API, StripeSettings, keys
from shop.payments.refunding import RefundFunctions, RefundingProvider
from shop.payments.saved_cards.port import Card, CardProvider, Charged, Saving

SIGNATURE_HEADER = "Stripe-Signature"
TOLERANCE_SECONDS = 300
# Clocks differ, and a call may have waited in a queue of the network.
_AROUND = timedelta(minutes=10)
_LONGEST_CALL = timedelta(hours=12)
_INTERESTING = ("checkout.session.", "refund.", "charge.refund.", "charge.dispute.")


class StripeProvider(RefundingProvider, CardProvider):
    name = "stripe"
    label = _("Card")
    summary = _("You pay by card on Stripe's page and come back here.")
    is_immediate = True
    has_page = True
    refund_functions: ClassVar[RefundFunctions] = refunds
    settings_form = StripeSettings
    origins = (PAGES,)
    # Card networks leave 120 days for most reasons, and 540 for a few.
    recall_for = timedelta(days=540)

    def sites(self) -> Sequence[str]:
        address = keys().address
        return self.origins if address == API else (origin_of(address),)

    def start(self, attempt: Attempt) -> Started:
        currency = attempt.currency.lower()
        ours = {"order": attempt.order_number, "key": attempt.key}
        price = {
            "currency": currency,
            "unit_amount": at_stripe(attempt.amount, attempt.currency),
            "product_data": {"name": attempt.title},
        }
        asked: dict[str, Any] = {
            "mode": "payment",
            "line_items": [{"price_data": price, "quantity": 1}],
            "client_reference_id": attempt.order_number,
            "metadata": ours,
            "payment_intent_data": {"metadata": ours},
            "success_url": attempt.return_url,
            "cancel_url": attempt.cancel_url,
            "locale": attempt.language,
        }
        if attempt.email:
            asked["customer_email"] = attempt.email
        with stripe_client() as client:
            session = client.v1.checkout.sessions.create(asked, {"idempotency_key": attempt.key})
        return _started(session)

    def find(self, attempt: Attempt) -> Started | None:
        """Look through the sessions made around the attempt: Stripe cannot search them by their metadata."""
        earliest = attempt.begun_at - _AROUND
        latest = attempt.begun_at + _LONGEST_CALL + _AROUND
        between = {"gte": int(earliest.timestamp()), "lte": int(latest.timestamp())}
        with stripe_client() as client:
            page = client.v1.checkout.sessions.list({"created": between, "limit": 100})
            for session in page.auto_paging_iter():
                if noted(session).get("key") == attempt.key:
                    return _started(session)
        return None

    def end(self, reference: str) -> None:
        if reference.startswith("pi_"):
            cards.end_charge(reference)
            return
        with stripe_client() as client:
            session = client.v1.checkout.sessions.retrieve(reference)
            if session.status == "open":
                client.v1.checkout.sessions.expire(reference)

    def start_saving(self, saving: Saving) -> Started:
        return cards.start_saving(saving)

    def fetch_card(self, reference: str) -> Card | None:
        return cards.fetch_card(reference)

    def charge(self, attempt: Attempt, card: str) -> Charged:
        return cards.charge(attempt, card)

    def find_charge(self, attempt: Attempt) -> Started | None:
        return cards.find_charge(attempt)

    def verify(self, message: Message) -> Notice | None:
        told = _signed(message)
        kind, identity = told.get("type"), told.get("id")
        data = told.get("data")
        thing = data.get("object") if isinstance(data, dict) else None
        if not isinstance(kind, str) or not isinstance(identity, str):
            raise NotificationRefused("type")
        if not kind.startswith(_INTERESTING):
            return None
        reference = thing.get("id") if isinstance(thing, dict) else None
        if not isinstance(reference, str):
            raise NotificationRefused("object")
        return Notice(reference=reference, event_id=identity, payload={"event": identity, "type": kind})

    def fetch_afterwards(self, reference: str, *, now: datetime) -> Sequence[ProviderEvent]:
        return events.disputes_of(reference)

    def fetch(self, notice: Notice, *, now: datetime) -> ProviderEvent | None:
        return events.fetch(notice)

    def check_connection(self) -> Connection:
        """Ask Stripe whose account the key opens. A restricted key may not tell the name."""
        with stripe_client() as client:
            is_test = not client.v1.balance.retrieve().livemode
        with suppress(CallRefused), stripe_client() as client:
            return Connection(_name_of(client.v1.accounts.retrieve_current()), is_test)
        return Connection("", is_test)


provider = StripeProvider()


def _signed(message: Message) -> Mapping[str, Any]:
    """Return the content of a message. Raises Forged unless Stripe signed it within the last minutes."""
    header = message.headers.get(SIGNATURE_HEADER, "")
    secret = keys().webhook_secret
    if not header or not secret:
        raise Forged
    import stripe

    try:
        stripe.WebhookSignature.verify_header(message.body.decode(), header, secret, TOLERANCE_SECONDS)
    except (stripe.SignatureVerificationError, UnicodeError, ValueError) as error:
        raise Forged from error
    try:
        told = json.loads(message.body)
    except (RecursionError, ValueError) as error:
        raise NotificationRefused("body") from error
    if not isinstance(told, dict):
        raise NotificationRefused("body")
    return told


def _started(session: Any) -> Started:
    if not session.url and session.status == "open":
        raise CallRefused("no_address")
    return Started(session.id, session.url or "", datetime.fromtimestamp(session.expires_at, UTC))


def _name_of(account: Any) -> str:
    told = account.to_dict()
    dashboard = (told.get("settings") or {}).get("dashboard") or {}
    return str(dashboard.get("display_name") or (told.get("business_profile") or {}).get("name") or told["id"])
