"""Desks behind the providers: what their customers do there, and the messages that follow; one for each provider whose
page takes payments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import ClassVar
from urllib.parse import parse_qsl, urlencode

import pytest
from django.utils import timezone

from common.currencies import in_minor_units
from shop.orders.models import Order
from shop.payments.attempts.models import PaymentAttempt
from shop.payments.attempts.services import attempt_told
from shop.payments.attempts.sweep import ask_about_attempt
from shop.payments.port import Message, Notice, Provider
from shop.payments.providers.gocardless.provider import provider as gocardless
from shop.payments.providers.lyra.form import form_fields
from shop.payments.providers.lyra.keys import keys as lyra_keys
from shop.payments.providers.lyra.provider import provider as lyra
from shop.payments.providers.mollie.client import to_mollie
from shop.payments.providers.mollie.provider import provider as mollie
from shop.payments.providers.sandbox import bank
from shop.payments.providers.sandbox.provider import SIGNATURE_HEADER, event_of
from shop.payments.providers.sandbox.provider import provider as sandbox
from shop.payments.providers.stripe.amounts import at_stripe
from shop.payments.providers.stripe.provider import provider as stripe
from shop.payments.registry import temporary
from shop.payments.services import receive_notification
from workbench.stand_ins import gocardless as gocardless_stand_in
from workbench.stand_ins import lyra as lyra_stand_in
from workbench.stand_ins import mollie as mollie_stand_in
from workbench.stand_ins import stripe as stand_in


class Desk:
    """A provider and those who pay there. `pay` and `decline` return the provider's messages about it."""

    provider: ClassVar[Provider]
    # Variable of the key that opens the provider's API; "" for one without keys.
    key_variable: ClassVar[str] = ""

    def pay(self, attempt: PaymentAttempt, *, amount: Decimal | None = None) -> list[Message]:
        raise NotImplementedError

    def decline(self, attempt: PaymentAttempt) -> list[Message]:
        raise NotImplementedError

    def reference(self, attempt: PaymentAttempt) -> str:
        """Return the reference under which a payment that was made is known."""
        return attempt.reference

    def messages(self) -> list[Message]:
        """Return the messages that wait at a stand-in, and take them from there."""
        raise NotImplementedError

    def save_card(self, reference: str) -> None:
        """Have a customer save a card on the page of a reference."""
        raise NotImplementedError

    def forged(self, message: Message) -> list[Message]:
        """Return messages like a true one that the provider did not sign."""
        raise NotImplementedError


def receive(desk: Desk, *messages: Message) -> list[str | None]:
    """Have the shop receive messages of a desk's provider; return the outcomes."""
    return [receive_notification(provider=desk.provider, message=each, now=timezone.now()) for each in messages]


def receive_waiting(desk: Desk) -> list[str | None]:
    """Have the shop receive the messages that wait at a stand-in."""
    return receive(desk, *desk.messages())


def ask(attempt: PaymentAttempt) -> None:
    """Have the shop ask its provider about an attempt."""
    ask_about_attempt(attempt_id=attempt.pk, now=timezone.now())


def status_of(order: Order) -> str:
    return Order.objects.values_list("status", flat=True).get(pk=order.pk)


class AtSandbox(Desk):
    provider = sandbox

    def __init__(self) -> None:
        self.made: dict[tuple[int, str], bank.Charge] = {}

    def reference(self, attempt: PaymentAttempt) -> str:
        return self.made[(attempt.pk, "succeed")].reference

    def pay(self, attempt: PaymentAttempt, *, amount: Decimal | None = None) -> list[Message]:
        return [self._made(attempt, "succeed", amount, "first"), self._made(attempt, "succeed", amount, "second")]

    def decline(self, attempt: PaymentAttempt) -> list[Message]:
        return [self._made(attempt, "decline", None, "declined")]

    def forged(self, message: Message) -> list[Message]:
        signed = message.headers[SIGNATURE_HEADER]
        return [Message(message.body + b" ", {SIGNATURE_HEADER: signed}), Message(message.body, {})]

    def _made(self, attempt: PaymentAttempt, choice: str, amount: Decimal | None, event_id: str) -> Message:
        told = attempt_told(attempt)
        opened = bank.open_charge(replace(told, amount=told.amount if amount is None else amount))
        charge = self.made.setdefault((attempt.pk, choice), bank.charge(choice, of=opened, now=timezone.now()))
        body, signed = bank.notification(event_of(charge, event_id=event_id))
        return Message(body, {SIGNATURE_HEADER: signed})


class AtStripe(Desk):
    provider = stripe
    key_variable = "STRIPE_SECRET_KEY"

    def __init__(self, service: stand_in.Stripe) -> None:
        self.service = service

    def pay(self, attempt: PaymentAttempt, *, amount: Decimal | None = None) -> list[Message]:
        if amount is not None:
            self.service.get(attempt.reference)["amount_total"] = at_stripe(amount, attempt.currency)
        self.service.pay(attempt.reference, "pay")
        self.service.tell("checkout.session.completed", self.service.get(attempt.reference))
        return self.messages()

    def decline(self, attempt: PaymentAttempt) -> list[Message]:
        self.service.pay(attempt.reference, "later")
        self.service.answer_late(attempt.reference, success=False)
        return self.messages()

    def save_card(self, reference: str) -> None:
        self.service.save_card(reference)

    def messages(self) -> list[Message]:
        """Return the messages that wait, signed."""
        waiting, self.service.waiting = self.service.waiting, []
        return [signed(body) for body in waiting]

    def forged(self, message: Message) -> list[Message]:
        long_ago = int((timezone.now() - timedelta(minutes=6)).timestamp())
        return [
            Message(message.body + b" ", message.headers),
            Message(message.body, {}),
            Message(message.body, header(stand_in.signature(message.body, secret="whsec_another"))),
            Message(message.body, header(stand_in.signature(message.body, at=long_ago))),
            Message(message.body, header("t=never,v1=")),
        ]


def header(signature: str) -> Mapping[str, str]:
    return {"Stripe-Signature": signature}


def signed(body: bytes) -> Message:
    return Message(body, header(stand_in.signature(body)))


@contextmanager
def stripe_desk(monkeypatch: pytest.MonkeyPatch) -> Iterator[AtStripe]:
    """Run Stripe's stand-in, and choose Stripe as a provider."""
    service = stand_in.Stripe()
    with stand_in.running(service) as address:
        for name, value in stand_in.settings(address).items():
            monkeypatch.setenv(name, value)
        with temporary(stripe):
            yield AtStripe(service)


class AtLyra(Desk):
    """The platform after the night: what was paid is captured, as far as it is not asked otherwise."""

    provider = lyra
    key_variable = "LYRA_API_PASSWORD"

    def __init__(self, service: lyra_stand_in.Lyra) -> None:
        self.service = service

    def open(self, attempt: PaymentAttempt) -> str:
        """Post the form of an attempt; return the name of the page."""
        keys = lyra_keys()
        assert keys is not None
        return self.service.open(form_fields(attempt_told(attempt), attempt_id=attempt.pk, keys=keys))

    def pay(self, attempt: PaymentAttempt, *, amount: Decimal | None = None) -> list[Message]:
        units = None if amount is None else in_minor_units(amount, attempt.currency)
        made = self.service.pay(self.open(attempt), units=units)
        self.service.capture(made["uuid"])
        self.service.tell(made, source="BATCH_AUTO")
        return self.messages()

    def decline(self, attempt: PaymentAttempt) -> list[Message]:
        self.service.pay(self.open(attempt), "decline")
        return self.messages()

    def messages(self) -> list[Message]:
        """Return the messages that wait."""
        waiting, self.service.waiting = self.service.waiting, []
        return [Message(body, {}) for _address, body in waiting]

    def forged(self, message: Message) -> list[Message]:
        fields = dict(parse_qsl(message.body.decode(), keep_blank_values=True))
        without = {name: value for name, value in fields.items() if name != "vads_trans_uuid"}
        changed = fields | {"vads_trans_status": "CAPTURED_"}
        return [
            Message(message.body + b" ", {}),
            Message(message.body + b"&vads_more=1", {}),
            Message(message.body + b"&vads_order_id=twice", {}),
            Message(urlencode(without).encode(), {}),
            Message(urlencode(changed).encode(), {}),
            Message(urlencode(fields | {"signature": ""}).encode(), {}),
            Message(lyra_stand_in.message(without, key="another"), {}),
        ]


@contextmanager
def lyra_desk(monkeypatch: pytest.MonkeyPatch) -> Iterator[AtLyra]:
    """Run Lyra's stand-in, and choose Lyra as a provider."""
    service = lyra_stand_in.Lyra()
    with lyra_stand_in.running(service) as address:
        for name, value in lyra_stand_in.settings(address).items():
            monkeypatch.setenv(name, value)
        with temporary(lyra):
            yield AtLyra(service)


class AtGoCardless(Desk):
    """The bank some days later: the mandate is given, the payment made by the shop, and answered."""

    provider = gocardless
    key_variable = "GOCARDLESS_ACCESS_TOKEN"

    def __init__(self, service: gocardless_stand_in.GoCardless) -> None:
        self.service = service

    def agree(self, attempt: PaymentAttempt) -> str:
        """Give the mandate of an attempt, and have the shop come back from there; return the payment it makes."""
        self.service.agree(attempt.reference)
        self.provider.fetch(Notice(attempt.reference), now=timezone.now())
        return str(self.service.payment_of(attempt.reference)["id"])

    def pay(self, attempt: PaymentAttempt, *, amount: Decimal | None = None) -> list[Message]:
        payment = self.agree(attempt)
        if amount is not None:
            self.service.get(payment)["amount"] = in_minor_units(amount, attempt.currency)
        self.service.become(payment, "confirmed")
        return self.messages()

    def decline(self, attempt: PaymentAttempt) -> list[Message]:
        self.service.become(self.agree(attempt), "failed")
        return self.messages()

    def messages(self) -> list[Message]:
        """Return the messages that wait, signed."""
        waiting, self.service.waiting = self.service.waiting, []
        return [Message(body, gocardless_stand_in.signed(body)) for body in waiting]

    def forged(self, message: Message) -> list[Message]:
        return [
            Message(message.body + b" ", message.headers),
            Message(message.body, {}),
            Message(message.body, gocardless_stand_in.signed(message.body, secret="another-secret")),
            Message(message.body, {"Webhook-Signature": "é" * 64}),
        ]


@contextmanager
def gocardless_desk(monkeypatch: pytest.MonkeyPatch) -> Iterator[AtGoCardless]:
    """Run GoCardless's stand-in, and choose GoCardless as a provider."""
    service = gocardless_stand_in.GoCardless()
    with gocardless_stand_in.running(service) as address:
        for name, value in gocardless_stand_in.settings(address).items():
            monkeypatch.setenv(name, value)
        with temporary(gocardless):
            yield AtGoCardless(service)


class AtMollie(Desk):
    provider = mollie
    key_variable = "MOLLIE_API_KEY"

    def __init__(self, service: mollie_stand_in.Mollie) -> None:
        self.service = service

    def pay(self, attempt: PaymentAttempt, *, amount: Decimal | None = None) -> list[Message]:
        if amount is not None:
            self.service.get(attempt.reference)["amount"] = to_mollie(amount, attempt.currency)
        self.service.become(attempt.reference, "paid")
        self.service.tell(attempt.reference)
        return self.messages()

    def decline(self, attempt: PaymentAttempt) -> list[Message]:
        self.service.become(attempt.reference, "failed")
        return self.messages()

    def messages(self) -> list[Message]:
        """Return the messages that wait."""
        waiting, self.service.waiting = self.service.waiting, []
        return [Message(body, {}) for body in waiting]

    def forged(self, message: Message) -> list[Message]:
        """Return messages about no payment, another one, or two: Mollie signs nothing."""
        bodies = (message.body + b"x", b"", b"id=", b"id=tr_1%2F..", message.body + b"&" + message.body, b"\xff" * 9)
        return [Message(body, message.headers) for body in bodies]


@contextmanager
def mollie_desk(monkeypatch: pytest.MonkeyPatch) -> Iterator[AtMollie]:
    """Run Mollie's stand-in, and choose Mollie as a provider."""
    service = mollie_stand_in.Mollie()
    with mollie_stand_in.running(service) as address:
        for name, value in mollie_stand_in.settings(address).items():
            monkeypatch.setenv(name, value)
        with temporary(mollie):
            yield AtMollie(service)
