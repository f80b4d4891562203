"""The port between the shop and whoever takes the money.

A provider says where the customer pays, and translates what the outside world tells into a `ProviderEvent`. It never
touches an order: `shop.payments.services.settle` alone does.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

from django.urls import URLPattern
from django.utils.functional import Promise

if TYPE_CHECKING:
    from shop.orders.models import Order
    from shop.payments.models import Payment


@dataclass(frozen=True)
class ProviderEvent:
    """What a provider said: this payment, of this amount, for this order, succeeded or was declined.

    `event_id` is the provider's name of the message, `reference` its name of the payment; both are unique within the
    provider, and several messages may be about one payment. `amount` is in the currency's main unit.
    """

    provider: str
    event_id: str
    reference: str
    kind: str
    order_number: str
    amount: Decimal
    currency: str
    payload: Mapping[str, Any] = field(default_factory=dict)


class NotificationRefused(Exception):
    """A notification that is not the provider's, or that nobody could keep: wrong signature, unreadable, too old."""


# What the columns hold.
_LONGEST = {"event_id": 200, "reference": 200, "order_number": 60, "currency": 3}
_AMOUNT_BELOW = Decimal(10) ** 10


def check_event(event: ProviderEvent) -> None:
    """Raises NotificationRefused for an event that cannot be recorded as it was told.

    A signature proves who wrote a message, not that it makes sense. Refused, it is sent again and shows in the
    provider's own list of failed notifications; recorded in part, it would show nowhere.
    """
    for name, longest in _LONGEST.items():
        text = getattr(event, name)
        if not isinstance(text, str) or not 0 < len(text) <= longest or "\0" in text:
            raise NotificationRefused(name)
    if event.kind not in ("succeeded", "declined"):
        raise NotificationRefused("kind")
    amount = event.amount
    if not amount.is_finite() or not 0 <= amount < _AMOUNT_BELOW or amount != round(amount, 2):
        raise NotificationRefused("amount")
    try:
        written = json.dumps(event.payload, ensure_ascii=False, allow_nan=False)
        (written + event.event_id + event.reference + event.order_number + event.currency).encode()
    except ValueError as error:
        raise NotificationRefused("payload") from error
    if "\\u0000" in written:
        raise NotificationRefused("payload")


class Provider:
    """One way to pay. Subclasses live in a package of `shop.payments.providers` which calls its instance `provider`."""

    name: ClassVar[str]
    label: ClassVar[str | Promise]
    summary: ClassVar[str | Promise] = ""
    is_immediate: ClassVar[bool] = False
    instructions_template: ClassVar[str | None] = None

    def offers(self, order: Order) -> bool:
        """Whether an unpaid order may be paid like this."""
        return order.gross > 0

    def start_url(self, order: Order) -> str | None:
        """Where the browser goes once the method is chosen; None stays on the order's page."""
        return None

    def urls(self) -> list[URLPattern]:
        """Pages of the provider's own, below `/payments/<name>/`."""
        return []

    def read_notification(self, body: bytes, headers: Mapping[str, str]) -> ProviderEvent:
        """The event in a notification. Raises NotificationRefused unless the provider signed it."""
        raise NotificationRefused

    def ask(self, payment: Payment, *, now: datetime) -> ProviderEvent | None:
        """What the provider answers when the server asks about a payment; None while it is under way."""
        return None
