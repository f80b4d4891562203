"""Imaginary bank behind the sandbox.

It keeps no table: the signed reference of a payment carries its order, attempt, amount and currency, that of a charge
also the customer's choice and its time, from which the bank answers like a real one.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from common.outside_json import read_json
from shop.payments.port import (
    Attempt,
    CallRefused,
    Forged,
    NotificationRefused,
    ProviderEvent,
    RefundAnswer,
    RefundState,
)

LATE = timedelta(seconds=15)
_signer = Signer(salt="shop.payments.providers.sandbox.charge", sep="~")
_refund_signer = Signer(salt="shop.payments.providers.sandbox.refund", sep="~")


class Choice(TextChoices):
    """Behaviour of the imaginary card."""

    SUCCEED = "succeed", _("Pay: the bank accepts")
    DECLINE = "decline", _("The bank declines")
    TWICE = "twice", _("Pay, and the bank notifies twice")
    LATE = "late", _("Pay, and the bank answers late")
    SECURE = "secure", _("The bank asks for 3-D Secure first")
    REFUND_FAILS = "refund_fails", _("Pay; a refund fails later")
    DISPUTE = "dispute", _("Pay, then dispute the payment at the bank")


@dataclass(frozen=True)
class Charge:
    """Charge, as read from its reference. Without a choice, the customer has not made it yet."""

    reference: str
    order_number: str
    attempt_key: str
    amount: Decimal
    currency: str
    choice: str
    made_at: datetime

    @property
    def answered_at(self) -> datetime:
        """Time at which the bank knows whether the charge went through."""
        return self.made_at + LATE if self.choice == Choice.LATE else self.made_at

    @property
    def outcome(self) -> str:
        return "declined" if self.choice == Choice.DECLINE else "succeeded"


def open_charge(attempt: Attempt) -> Charge:
    """Return the charge of an attempt, not made yet; the same key always gives the same."""
    return _signed("", attempt.order_number, attempt.key, str(attempt.amount), attempt.currency, "", "0")


def charge(choice: str, *, of: Charge, now: datetime) -> Charge:
    """Make a charge. Each has a reference of its own."""
    moment, nonce = str(int(now.timestamp())), secrets.token_urlsafe(9)
    return _signed(nonce, of.order_number, of.attempt_key, str(of.amount), of.currency, choice, moment)


def read_charge(reference: str) -> Charge:
    """Return the charge of a reference. Raises NotificationRefused unless the bank issued the reference."""
    try:
        _nonce, number, key, amount, currency, choice, seconds = _signer.unsign(reference).split("/")
    except (BadSignature, ValueError) as error:
        raise NotificationRefused from error
    made_at = datetime.fromtimestamp(int(seconds), UTC)
    return Charge(reference, number, key, Decimal(amount), currency, choice, made_at)


def _signed(*parts: str) -> Charge:
    return read_charge(_signer.sign("/".join(parts)))


def refund(charge: Charge, *, amount: Decimal, currency: str, key: str) -> RefundAnswer:
    """Send back an amount of a charge; the same key and amount give the same refund. Raises CallRefused.

    The bank keeps nothing, so it checks each refund against the charge alone, not their sum.
    """
    if charge.outcome != "succeeded" or currency != charge.currency or not 0 < amount <= charge.amount:
        raise CallRefused("more_than_taken")
    fate = RefundState.FAILED if charge.choice == Choice.REFUND_FAILS else RefundState.SUCCEEDED
    reference = _refund_signer.sign("/".join((key, str(amount), currency, fate)))
    is_told_later = fate == RefundState.FAILED
    return RefundAnswer(RefundState.PENDING if is_told_later else fate, reference)


def read_refund(reference: str) -> RefundAnswer:
    """Return the refund of a reference. Raises CallRefused unless the bank issued the reference."""
    try:
        fate = RefundState(_refund_signer.unsign(reference).split("/")[-1])
    except (BadSignature, ValueError) as error:
        raise CallRefused("no_such_refund") from error
    return RefundAnswer(fate, reference, "account_closed" if fate == RefundState.FAILED else "")


def notification(event: ProviderEvent) -> tuple[bytes, str]:
    """Return body and signature of the bank's message about an event."""
    body = json.dumps(
        {
            "event": event.event_id,
            "reference": event.reference,
            "kind": event.kind,
            "order": event.order_number,
            "amount": str(event.amount),
            "currency": event.currency,
            "attempt": event.attempt_key,
        }
    ).encode()
    return body, signature(body)


def payout() -> tuple[bytes, str]:
    """Return body and signature of a message about the merchant's own account, which does not concern the shop."""
    body = json.dumps({"event": secrets.token_urlsafe(9), "kind": "payout", "amount": "1000.00"}).encode()
    return body, signature(body)


def signature(body: bytes) -> str:
    key = hashlib.sha256(b"shop.payments.providers.sandbox.notification" + settings.SECRET_KEY.encode()).digest()
    return hmac.new(key, body, hashlib.sha256).hexdigest()


def read_notification(body: bytes, signed: str) -> Mapping[str, Any]:
    """Return the content of a message. Raises Forged unless the bank signed it, NotificationRefused if it cannot be
    read."""
    if not hmac.compare_digest(signature(body).encode(), signed.encode()):
        raise Forged
    try:
        told = read_json(body)
    except ValueError as error:
        raise NotificationRefused from error
    if not isinstance(told, dict):
        raise NotificationRefused
    return told


def event_told(told: Mapping[str, Any]) -> ProviderEvent:
    """Return the event in a message. Raises NotificationRefused if there is none."""
    try:
        return ProviderEvent(
            provider="sandbox",
            event_id=told["event"],
            reference=told["reference"],
            kind=told["kind"],
            order_number=told["order"],
            amount=Decimal(told["amount"]),
            currency=told["currency"],
            payload=told,
            attempt_key=told.get("attempt", ""),
        )
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:
        raise NotificationRefused from error
