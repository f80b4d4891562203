"""The sandbox at the shop's port."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _

from shop.payments.port import Provider, ProviderEvent
from shop.payments.providers.sandbox import bank

if TYPE_CHECKING:
    from shop.orders.models import Order
    from shop.payments.models import Payment

SIGNATURE_HEADER = "X-Sandbox-Signature"


class SandboxProvider(Provider):
    name = "sandbox"
    label = _("Card (test)")
    summary = _("An imaginary card: no money moves.")
    is_immediate = True

    def start_url(self, order: Order) -> str:
        return reverse("sandbox-pay", args=[order.token])

    def urls(self) -> list[URLPattern]:
        from shop.payments.providers.sandbox import views

        return [path("pay/<slug:token>/", views.pay, name="sandbox-pay")]

    def read_notification(self, body: bytes, headers: Mapping[str, str]) -> ProviderEvent:
        return bank.read_notification(body, headers.get(SIGNATURE_HEADER, ""))

    def ask(self, payment: Payment, *, now: datetime) -> ProviderEvent | None:
        charge = bank.read_charge(payment.reference)
        if now < charge.answered_at or payment.order is None:
            return None
        return event_of(charge, payment.order, event_id=f"asked:{charge.reference}")


provider = SandboxProvider()


def event_of(charge: bank.Charge, order: Order, *, event_id: str) -> ProviderEvent:
    """What the bank tells of a charge for an order."""
    return ProviderEvent(
        provider=provider.name,
        event_id=event_id,
        reference=charge.reference,
        kind=charge.outcome,
        order_number=order.number,
        amount=order.gross,
        currency=order.currency,
    )
