"""Sandbox provider, as the shop's port requires."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from shop.payments.models import Payment, PaymentEvent
from shop.payments.port import Message, Notice, NotificationRefused, Provider, ProviderEvent, RefundAnswer
from shop.payments.providers.sandbox import bank

if TYPE_CHECKING:
    from shop.orders.models import Order

SIGNATURE_HEADER = "X-Sandbox-Signature"


class SandboxProvider(Provider):
    name = "sandbox"
    label = _("Card (test)")
    summary = _("An imaginary card: no money moves.")
    is_immediate = True
    is_imaginary = True
    urlconf = "shop.payments.providers.sandbox.urls"
    refunds = True

    def start_url(self, order: Order) -> str:
        return reverse("sandbox-pay", args=[order.token])

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
        """Return the event in the bank's message; without one, derive it from the charge, as the bank stores
        nothing."""
        if notice.payload:
            return bank.event_told(notice.payload)
        charge = bank.read_charge(notice.reference)
        payment = Payment.objects.select_related("order").get(provider=self.name, reference=notice.reference)
        if now < charge.answered_at or payment.order is None:
            return None
        return event_of(charge, payment.order, event_id=f"asked:{charge.reference}")

    def refund(self, *, reference: str, amount: Decimal, currency: str, key: str) -> RefundAnswer:
        return bank.refund(amount=amount, key=key)

    def fetch_refund(self, reference: str) -> RefundAnswer:
        return bank.read_refund(reference)


provider = SandboxProvider()


def event_of(charge: bank.Charge, order: Order, *, event_id: str) -> ProviderEvent:
    """Return the bank's event of a charge for an order."""
    return ProviderEvent(
        provider=provider.name,
        event_id=event_id,
        reference=charge.reference,
        kind=charge.outcome,
        order_number=order.number,
        amount=order.gross,
        currency=order.currency,
    )
