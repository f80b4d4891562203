"""Mollie, as the shop's port requires."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import parse_qs

from django.conf import settings
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from shop.payments.attempts.models import PaymentAttempt
from shop.payments.models import Payment
from shop.payments.port import (
    Attempt,
    CallRefused,
    Connection,
    Forged,
    Message,
    NeverNoted,
    Notice,
    ProviderEvent,
    Started,
    origin_of,
)
from shop.payments.providers.mollie import events, refunds
from shop.payments.providers.mollie.client import PAGES, mollie_client, noted, to_mollie
from shop.payments.providers.mollie.keys import API, MollieSettings, keys
from shop.payments.refunding import RefundFunctions, RefundingProvider

# Mollie forgets a key after an hour.
_KEY_HOLDS_FOR = timedelta(minutes=50)
# Clocks differ.
_AROUND = timedelta(minutes=10)
_LOCALES = {"fr": "fr_FR", "en": "en_GB"}
_LONGEST_MESSAGE = 1_000
_CURRENCIES = frozenset(
    {"AED", "AUD", "BGN", "BRL", "CAD", "CHF", "CZK", "DKK", "EUR", "GBP", "HKD", "HUF", "ILS", "ISK", "JPY", "MXN"}
    | {"MYR", "NOK", "NZD", "PHP", "PLN", "RON", "SEK", "SGD", "THB", "TWD", "USD", "ZAR"}
)


class MollieProvider(RefundingProvider):
    name = "mollie"
    label = _("Card or bank, by Mollie")
    summary = _("You pay on Mollie's page and come back here.")
    is_immediate = True
    has_page = True
    refund_functions: ClassVar[RefundFunctions] = refunds
    settings_form = MollieSettings
    origins = (PAGES,)
    currencies = _CURRENCIES
    # A debit that the payer never agreed to.
    recall_for = timedelta(days=400)

    def sites(self) -> Sequence[str]:
        address = keys().address
        return self.origins if address == API else (origin_of(address),)

    def start(self, attempt: Attempt) -> Started:
        if timezone.now() > attempt.begun_at + _KEY_HOLDS_FOR:
            found = self.find(attempt)
            if found is not None:
                return found
        asked: dict[str, Any] = {
            "amount": to_mollie(attempt.amount, attempt.currency),
            "description": attempt.title,
            "redirectUrl": attempt.return_url,
            "cancelUrl": attempt.cancel_url,
            "webhookUrl": settings.SITE_URL + reverse("payment-webhook", args=[self.name]),
            "metadata": {"order": attempt.order_number, "key": attempt.key},
        }
        if attempt.language in _LOCALES:
            asked["locale"] = _LOCALES[attempt.language]
        with mollie_client() as client:
            return _started(client.payments.create(asked, idempotency_key=attempt.key))

    def find(self, attempt: Attempt) -> Started | None:
        """Look through the payments made since the attempt, newest first: Mollie cannot search them by metadata."""
        earliest = attempt.begun_at - _AROUND
        with mollie_client() as client:
            page = client.payments.list(limit=250)
            while page is not None:
                for payment in page:
                    if noted(payment).get("key") == attempt.key:
                        return _started(payment)
                    if datetime.fromisoformat(payment.created_at) < earliest:
                        return None
                page = page.get_next()
        return None

    def end(self, reference: str) -> None:
        """End an open payment. Some cannot be ended there: Mollie lets them expire, and the sweep asks until then."""
        with mollie_client() as client:
            payment = client.payments.get(reference)
            if payment.is_open() and payment.is_cancelable:
                client.payments.delete(reference)

    def verify(self, message: Message) -> Notice | None:
        """Return the payment that a message names, if the shop has begun it: Mollie signs nothing. One query.

        Raises Forged for what names no payment, and NeverNoted for a payment that the shop does not know.
        """
        reference = _named(message)
        is_ours = Q(provider=self.name, reference=reference)
        if not (PaymentAttempt.objects.filter(is_ours).exists() or Payment.objects.filter(is_ours).exists()):
            raise NeverNoted
        return Notice(reference=reference, payload={"id": reference})

    def fetch(self, notice: Notice, *, now: datetime) -> ProviderEvent | None:
        return next(iter(events.everything(notice)), None)

    def fetch_all(self, notice: Notice, *, now: datetime) -> Sequence[ProviderEvent]:
        return events.everything(notice)

    def check_connection(self) -> Connection:
        """Ask Mollie whose profile the key opens."""
        with mollie_client() as client:
            profile = client.profiles.get("me")
            return Connection(str(profile.name or ""), profile.mode != "live")


provider = MollieProvider()


def _named(message: Message) -> str:
    """Return the payment that a message names. Raises Forged if it is no message of Mollie's shape."""
    if len(message.body) > _LONGEST_MESSAGE:
        raise Forged
    try:
        named = parse_qs(message.body.decode("ascii")).get("id", [""])
    except ValueError as error:
        raise Forged from error
    if len(named) != 1 or not events.REFERENCE.fullmatch(named[0]):
        raise Forged
    return named[0]


def _started(payment: Any) -> Started:
    if not payment.checkout_url and payment.is_open():
        raise CallRefused("no_address")
    until = payment.expires_at
    return Started(payment.id, payment.checkout_url or "", datetime.fromisoformat(until) if until else None)
