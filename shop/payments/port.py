"""Port between the shop and payment providers.

A provider begins payments, tells which of the messages sent to the shop matter, what it knows of a payment, and sends
money back. Plain values go in and come out. It never changes an order: only `shop.payments.services.settle` does.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.functional import Promise

from common.currencies import in_minor_units
from shop.payments.configured.keyed import Connection, Keyed
from shop.payments.models import PaymentEvent

if TYPE_CHECKING:
    from shop.orders.models import Order


@dataclass(frozen=True)
class Message:
    """Request to a provider's webhook, not yet verified."""

    body: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Notice:
    """Payment to look up at the provider, with the signed message that asks for it.

    `event_id` and `payload` are empty if the shop asks of its own accord, at the customer's return.
    """

    reference: str
    event_id: str = ""
    payload: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Attempt:
    """Payment to begin at a provider.

    `key` names the call for ever: the provider gets it as idempotency key and gives it back in its metadata. `amount`
    is in the currency's main unit. `token` is that of the order, or of the pay link by which the payer has come. The
    customer comes back to `return_url`, both addresses are whole ones.
    """

    key: str
    order_number: str
    token: str
    amount: Decimal
    currency: str
    title: str
    email: str
    language: str
    return_url: str
    cancel_url: str
    begun_at: datetime


@dataclass(frozen=True)
class Started:
    """Payment begun at a provider: its reference there, the address where the customer pays, and the moment from which
    nobody can pay there any more, None for never."""

    reference: str
    url: str
    open_until: datetime | None = None


class RefundState(StrEnum):
    """Progress of a refund as the provider tells it."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@dataclass(frozen=True)
class RefundAnswer:
    """Refund at a provider: its state, its reference there, and the provider's reason (a code) if it failed."""

    state: RefundState
    reference: str
    reason: str = ""


@dataclass(frozen=True)
class ProviderEvent:
    """Event reported by a provider about a payment: its kind, amount and order.

    `kind` is one of `PaymentEvent.Kind`; or UNDER_WAY for a payment that the customer has made and the bank has not
    answered yet, ENDED for one that nobody has made and nobody can make any more. `event_id` is the provider's id of
    the message, `reference` its id of the payment; both are unique within the provider, and several messages may be
    about one payment. `amount` is in the currency's main unit; for a refund or a dispute, it is the part of the payment
    concerned. `fee` is what a lost dispute costs beside it, `lost_at` when the bank took the money, None for now.
    `attempt_key` names the attempt that began the payment, `refund_reference` and `refund_key` the refund; "" where the
    provider does not know.
    """

    provider: str
    event_id: str
    reference: str
    kind: str
    order_number: str
    amount: Decimal
    currency: str
    payload: Mapping[str, Any] = field(default_factory=dict)
    attempt_key: str = ""
    refund_reference: str = ""
    refund_key: str = ""
    fee: Decimal = Decimal(0)
    lost_at: datetime | None = None


# Kinds of events that change no order: money may still come, or none will.
UNDER_WAY = "under_way"
ENDED = "ended"


class Unreachable(Exception):
    """Failure of a call of which nobody knows whether it arrived, or that may work later. Its text is a code."""


class CallRefused(Exception):
    """Refusal by the provider of a call that will not work later either. Its text is a code."""


class NotificationRefused(Exception):
    """Refusal of a message that cannot be recorded: unreadable or inconsistent. The provider sends it again."""


class Forged(NotificationRefused):
    """Refusal of a message that the provider did not sign. Counted against its sender."""


class NeverNoted(Forged):
    """Refusal of an unsigned message about a payment that the shop never noted: counted like a forged one, and answered
    like one that does not concern the shop."""


# Lengths of the columns.
_LONGEST = {"event_id": 200, "reference": 200, "order_number": 60, "currency": 3}
_LONGEST_IF_ANY = {"attempt_key": 60, "refund_reference": 200, "refund_key": 60}
_AMOUNT_BELOW = Decimal(10) ** 10
_CURRENCY = re.compile("[A-Z]{3}")


def check_event(event: ProviderEvent) -> None:
    """Raise NotificationRefused unless the event can be recorded as reported.

    A signature proves the author of a message, not that it makes sense. A refused message is sent again and appears in
    the provider's list of failed notifications; recorded in part, it would appear nowhere.
    """
    for name, longest in _LONGEST.items():
        text = getattr(event, name)
        if not isinstance(text, str) or not 0 < len(text) <= longest or "\0" in text:
            raise NotificationRefused(name)
    for name, longest in _LONGEST_IF_ANY.items():
        text = getattr(event, name)
        if not isinstance(text, str) or len(text) > longest or "\0" in text:
            raise NotificationRefused(name)
    if event.kind not in (*PaymentEvent.Kind.values, UNDER_WAY, ENDED):
        raise NotificationRefused("kind")
    if not _CURRENCY.fullmatch(event.currency):
        raise NotificationRefused("currency")
    _check_amount(event.amount, event.currency)
    _check_amount(event.fee, event.currency)
    try:
        written = json.dumps(event.payload, ensure_ascii=False, allow_nan=False)
        texts = (event.event_id, event.reference, event.order_number, event.currency)
        "".join((written, *texts, event.attempt_key, event.refund_reference, event.refund_key)).encode()
    except ValueError as error:
        raise NotificationRefused("payload") from error
    if "\\u0000" in written:
        raise NotificationRefused("payload")


def _check_amount(amount: Decimal, currency: str) -> None:
    if not amount.is_finite() or not 0 <= amount < _AMOUNT_BELOW or amount != round(amount, 2):
        raise NotificationRefused("amount")
    try:
        in_minor_units(amount, currency)
    except ValueError as error:
        raise NotificationRefused("amount") from error


def origin_of(address: str) -> str:
    """Return scheme and host of an address."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


class Provider(Keyed):
    """Payment method. Subclasses live in a package of `shop.payments.providers`, which names its instance `provider`.

    `origins` are scheme and host of each site of the provider to which the order's page sends customers; browsers block
    forms to all others. `settings_form` declares the keys that the provider needs: without them it is offered to nobody
    and hears of nothing. A provider with `is_imaginary` moves no money and is refused where money counts.

    Methods that call the provider may wait for the network: the shop calls them outside of transactions, with no lock
    held. They raise Unreachable and CallRefused.
    """

    label: ClassVar[str | Promise]
    summary: ClassVar[str | Promise] = ""
    is_immediate: ClassVar[bool] = False
    is_imaginary: ClassVar[bool] = False
    # Whether choosing the method promises the money, and so settles at once.
    is_promise: ClassVar[bool] = False
    # Whether less than what is asked counts as a part of it: for money that people send by hand.
    takes_pieces: ClassVar[bool] = False
    # URLconf of the provider's own pages, below `/payments/<name>/`.
    urlconf: ClassVar[str] = ""
    instructions_template: ClassVar[str | None] = None
    origins: ClassVar[Sequence[str]] = ()
    # Whether the merchant decides if customers are offered it.
    is_choosable: ClassVar[bool] = True

    # Capabilities: whether customers pay on a page that `start` gives, money can be sent back through it, in part too,
    # and the currencies it takes (None: every one).
    has_page: ClassVar[bool] = False
    refunds: ClassVar[bool] = False
    partial_refunds: ClassVar[bool] = False
    saved_card: ClassVar[bool] = False
    currencies: ClassVar[Collection[str] | None] = None
    # How long a payment may be taken back by its bank, if `fetch_afterwards` tells of it.
    recall_for: ClassVar[timedelta | None] = None

    @property
    def tells_charge_backs(self) -> bool:
        """Tell whether the shop hears of money that banks take back; else staff note it by hand."""
        return self.recall_for is not None

    def brand(self) -> str:
        """Return the provider's name as customers know it; "" for a method without one."""
        return self.title

    def sites(self) -> Sequence[str]:
        """Return scheme and host of each site to which the order's page sends customers now."""
        return self.origins

    def is_fit(self) -> bool:
        """Tell whether customers may be offered it: with keys, and not those of a test where money counts."""
        if self.settings_form is None:
            return True
        values = self.values()
        return bool(values) and (settings.IMAGINARY_MONEY or not self.settings_form.is_test(values))

    def check_connection(self) -> Connection:
        """Try the keys in force, and return what the provider says of them. Raises Unreachable and CallRefused."""
        raise CallRefused("no_connection")

    def offers(self, order: Order) -> bool:
        """Tell whether an unpaid order may be paid by this method."""
        is_taken = self.currencies is None or order.currency in self.currencies
        return order.gross > 0 and is_taken and self.is_fit()

    def start(self, attempt: Attempt) -> Started:
        """Begin a payment at the provider. Called again with one key it gives one payment."""
        raise CallRefused("no_page")

    def find(self, attempt: Attempt) -> Started | None:
        """Look up by its key a payment whose beginning was never answered; None if the provider never got the call."""
        return None

    def end(self, reference: str) -> None:
        """End a payment that nobody has made yet, so that nobody can make it any more. Ending twice is no error."""

    def verify(self, message: Message) -> Notice | None:
        """Return the payment that a message asks to look up; None for a signed message that does not concern the shop.

        Checks the signature before anything else, and uses no network. Raises Forged for a message that the provider
        did not sign, and NotificationRefused for a signed one that cannot be read.
        """
        raise Forged

    def fetch(self, notice: Notice, *, now: datetime) -> ProviderEvent | None:
        """Return what the provider knows of a payment; None while nobody has paid.

        Raises NotificationRefused for an answer that cannot be read.
        """
        return None

    def fetch_all(self, notice: Notice, *, now: datetime) -> Sequence[ProviderEvent]:
        """Return everything that a notice asks about, oldest first; for providers whose one message may tell of a
        payment, its refunds and its disputes together."""
        event = self.fetch(notice, now=now)
        return [event] if event else []

    def fetch_afterwards(self, reference: str, *, now: datetime) -> Sequence[ProviderEvent]:
        """Return what has become of a payment received long ago, its disputes above all, oldest first; by default what
        `fetch_all` answers."""
        return self.fetch_all(Notice(reference=reference), now=now)

    def refund(self, *, reference: str, amount: Decimal, currency: str, key: str) -> RefundAnswer:
        """Send back an amount of a payment. Called again with one key it sends it once.

        Raises CallRefused if more is asked for than the payment has left.
        """
        raise CallRefused("no_refunds")

    def fetch_refund(self, reference: str) -> RefundAnswer:
        """Return what the provider knows of a refund."""
        raise CallRefused("no_refunds")

    def find_refund(self, *, reference: str, key: str) -> RefundAnswer | None:
        """Look up by its key a refund of a payment; None if the provider never got the call."""
        return None
