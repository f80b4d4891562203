"""Sandbox provider, as the shop's port requires."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from shop.payments.models import PaymentEvent
from shop.payments.port import (
    Attempt,
    CallRefused,
    Message,
    Notice,
    NotificationRefused,
    Provider,
    ProviderEvent,
    RefundAnswer,
    Started,
)
from shop.payments.providers.sandbox import bank

SIGNATURE_HEADER = "X-Sandbox-Signature"


class SandboxProvider(Provider):
    name = "sandbox"
    label = _("Card (test)")
    summary = _("An imaginary card: no money moves.")
    is_immediate = True
    is_imaginary = True
    urlconf = "shop.payments.providers.sandbox.urls"

    has_page = True
    refunds = True
    partial_refunds = True

    def start(self, attempt: Attempt) -> Started:
        """Return the bank's page for an order; its reference carries everything the bank has to know."""
        return Started(bank.open_charge(attempt).reference, reverse("sandbox-pay", args=[attempt.token]))

    def find(self, attempt: Attempt) -> Started | None:
        return self.start(attempt)

    def verify(self, message: Message) -> Notice | None:
        """Return the notice of a message about a payment; None for the bank's other messages."""
        told = bank.read_notification(message.body, message.headers.get(SIGNATURE_HEADER, ""))
        kind, reference, event_id = (told.get(name) for name in ("kind", "reference", "event"))
        if isinstance(kind, str) and kind not in PaymentEvent.Kind.values:
            return None
        if not isinstance(reference, str) or not isinstance(event_id, str):
            raise NotificationRefused
        return Notice(reference=reference, event_id=event_id, payload=told)

    def fetch(self, notice: Notice, *, now: datetime) -> ProviderEvent | None:
        """Return the event in the bank's message; without one, derive it from the reference, as the bank stores
        nothing."""
        if notice.payload:
            return bank.event_told(notice.payload)
        charge = bank.read_charge(notice.reference)
        if not charge.choice or now < charge.answered_at:
            return None
        return event_of(charge, event_id=f"asked:{charge.reference}")

    def refund(self, *, reference: str, amount: Decimal, currency: str, key: str) -> RefundAnswer:
        try:
            charge = bank.read_charge(reference)
        except NotificationRefused as error:
            raise CallRefused("no_such_payment") from error
        return bank.refund(charge, amount=amount, currency=currency, key=key)

    def fetch_refund(self, reference: str) -> RefundAnswer:
        return bank.read_refund(reference)


provider = SandboxProvider()


def event_of(charge: bank.Charge, *, event_id: str, kind: str = "") -> ProviderEvent:
    """Return the bank's event of a charge: its outcome, unless another kind is named."""
    return ProviderEvent(
        provider=provider.name,
        event_id=event_id,
        reference=charge.reference,
        kind=kind or charge.outcome,
        order_number=charge.order_number,
        amount=charge.amount,
        currency=charge.currency,
        attempt_key=charge.attempt_key,
    )
