"""The imaginary bank behind the sandbox.

It keeps no table: a charge's reference carries, signed, what the customer chose and when, and whoever asks the bank
about the reference gets the answer that a real one would give.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from shop.payments.port import NotificationRefused, ProviderEvent

LATE = timedelta(seconds=15)
_signer = Signer(salt="shop.payments.providers.sandbox.charge", sep="~")


class Choice(TextChoices):
    """What the imaginary card does."""

    SUCCEED = "succeed", _("Pay: the bank accepts")
    DECLINE = "decline", _("The bank declines")
    TWICE = "twice", _("Pay, and the bank notifies twice")
    LATE = "late", _("Pay, and the bank answers late")


@dataclass(frozen=True)
class Charge:
    """One charge, as read from its reference."""

    reference: str
    choice: str
    made_at: datetime

    @property
    def answered_at(self) -> datetime:
        """When the bank knows whether the charge went through."""
        return self.made_at + LATE if self.choice == Choice.LATE else self.made_at

    @property
    def outcome(self) -> str:
        return "declined" if self.choice == Choice.DECLINE else "succeeded"


def charge(choice: str, *, now: datetime) -> Charge:
    """Makes a charge."""
    plain = f"{secrets.token_urlsafe(9)}.{choice}.{int(now.timestamp())}"
    return read_charge(_signer.sign(plain))


def read_charge(reference: str) -> Charge:
    """The charge behind a reference. Raises NotificationRefused when the bank never gave it out."""
    try:
        _nonce, choice, seconds = _signer.unsign(reference).split(".")
    except (BadSignature, ValueError) as error:
        raise NotificationRefused from error
    return Charge(reference, choice, datetime.fromtimestamp(int(seconds), UTC))


def notification(event: ProviderEvent) -> tuple[bytes, str]:
    """Body and signature of the message in which the bank tells an event."""
    body = json.dumps(
        {
            "event": event.event_id,
            "reference": event.reference,
            "kind": event.kind,
            "order": event.order_number,
            "amount": str(event.amount),
            "currency": event.currency,
        }
    ).encode()
    return body, signature(body)


def signature(body: bytes) -> str:
    key = hashlib.sha256(b"shop.payments.providers.sandbox.notification" + settings.SECRET_KEY.encode()).digest()
    return hmac.new(key, body, hashlib.sha256).hexdigest()


def read_notification(body: bytes, signed: str) -> ProviderEvent:
    """The event in a message. Raises NotificationRefused for anything the bank did not sign, or cannot be read."""
    if not hmac.compare_digest(signature(body).encode(), signed.encode()):
        raise NotificationRefused
    try:
        told = json.loads(body)
        return ProviderEvent(
            provider="sandbox",
            event_id=told["event"],
            reference=told["reference"],
            kind=told["kind"],
            order_number=told["order"],
            amount=Decimal(told["amount"]),
            currency=told["currency"],
            payload=told,
        )
    except (ArithmeticError, LookupError, RecursionError, TypeError, ValueError) as error:
        raise NotificationRefused from error
