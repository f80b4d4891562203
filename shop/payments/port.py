"""The port between the shop and whoever takes the money.

A provider says where the customer pays, which of the messages sent to the shop deserve a look, and what it knows of a
payment. It never touches an order: `shop.payments.services.settle` alone does.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

from django.utils.functional import Promise

from shop.payments.models import PaymentEvent

if TYPE_CHECKING:
    from shop.orders.models import Order


@dataclass(frozen=True)
class Message:
    """A request to the provider's webhook, before anybody knows who wrote it."""

    body: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Notice:
    """A payment to look up at the provider, and the signed message that asks for it.

    `event_id` and `payload` are empty where the shop asks of its own accord, at the customer's return.
    """

    reference: str
    event_id: str = ""
    payload: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ProviderEvent:
    """One thing a provider said about a payment: its kind (`PaymentEvent.Kind`), the amount and the order.

    `event_id` is the provider's name of the message, `reference` its name of the payment; both are unique within the
    provider, and several messages may be about one payment. `amount` is in the currency's main unit; of a refund or a
    dispute, how much of the payment it is about.
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
    """A message that cannot be kept: unreadable, or without sense. The provider sends it again."""


class Forged(NotificationRefused):
    """A message that the provider did not sign. Counted against whoever sends it."""


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
    if event.kind not in PaymentEvent.Kind.values:
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
    """One way to pay. Subclasses live in a package of `shop.payments.providers` which calls its instance `provider`.

    `origins` are the scheme and host of each site of its own that the order's page sends customers to; browsers keep
    forms from leading anywhere else. `environment` names the variables without which the provider does not work; the
    shop does not start without them, and the provider's own package reads them (`project.settings.environment.env`).
    A provider that `is_imaginary` moves no money and is refused where money counts.
    """

    name: ClassVar[str]
    label: ClassVar[str | Promise]
    summary: ClassVar[str | Promise] = ""
    is_immediate: ClassVar[bool] = False
    is_imaginary: ClassVar[bool] = False
    # A module of the provider's own addresses, below `/payments/<name>/`.
    urlconf: ClassVar[str] = ""
    instructions_template: ClassVar[str | None] = None
    origins: ClassVar[Sequence[str]] = ()
    environment: ClassVar[Sequence[str]] = ()

    def offers(self, order: Order) -> bool:
        """Whether an unpaid order may be paid like this."""
        return order.gross > 0

    def start_url(self, order: Order) -> str | None:
        """Where the browser goes once the method is chosen; None stays on the order's page."""
        return None

    def verify(self, message: Message) -> Notice | None:
        """Return what a message asks to look up; None for a signed one that is of no interest to a shop.

        Checks the signature before anything else, and uses no network. Raises Forged for a message that is not the
        provider's, and NotificationRefused for a signed one that cannot be read.
        """
        raise Forged

    def fetch(self, notice: Notice, *, now: datetime) -> ProviderEvent | None:
        """Return what the provider knows of a payment; None while it is under way.

        May wait for the network, so the shop calls it outside of its transactions. Raises NotificationRefused for an
        answer that cannot be read.
        """
        return None
