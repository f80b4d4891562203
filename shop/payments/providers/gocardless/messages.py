"""Messages of GoCardless: signed, each with many events about payments, billing requests and refunds."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator, Mapping
from typing import Any

from common.outside_json import read_json
from shop.payments.port import Forged, Message, Notice, NotificationRefused
from shop.payments.providers.gocardless.keys import keys

SIGNATURE_HEADER = "Webhook-Signature"
# Kinds of things that the shop follows.
_KINDS = {"payments": "payment", "billing_requests": "billing_request", "refunds": "refund"}


def read(message: Message) -> Notice | None:
    """Return the things that a signed message tells of; None if it concerns none that the shop follows. Raises Forged
    and NotificationRefused."""
    if not is_signed(message):
        raise Forged
    try:
        told = read_json(message.body)
        things = list(dict.fromkeys(_things(told["events"])))
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise NotificationRefused("events") from error
    if not things:
        return None
    return Notice(reference=things[0], event_id=things[0], payload={"things": things})


def is_signed(message: Message) -> bool:
    """Tell whether GoCardless has signed the body of a message."""
    secret = keys().webhook_secret
    signed = message.headers.get(SIGNATURE_HEADER, "")
    right = hmac.new(secret.encode(), message.body, hashlib.sha256).hexdigest()
    return bool(secret) and hmac.compare_digest(signed.encode(), right.encode())


def _things(events: list[Mapping[str, Any]]) -> Iterator[str]:
    """Yield kind and name of each thing, as `payments/PM123`."""
    for event in events:
        kind = event["resource_type"]
        if kind in _KINDS:
            yield f"{kind}/{event['links'][_KINDS[kind]]}"
