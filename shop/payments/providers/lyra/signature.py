"""Signature of forms and messages: HMAC-SHA-256 over the values of all `vads_` fields, in the order of their names.

It covers values, not names: a message is trusted for the payment that it asks to look up, and for nothing else.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping
from urllib.parse import parse_qsl

from shop.payments.port import Forged

_MOST_FIELDS = 300


def sign(fields: Iterable[tuple[str, str]], key: str) -> str:
    """Return the signature of fields, in Base64."""
    values = [value for name, value in sorted(fields) if name.startswith("vads_")]
    digest = hmac.new(key.encode(), "+".join((*values, key)).encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def read_signed(body: bytes, key: str) -> Mapping[str, str]:
    """Return the fields of a message. Raises Forged unless the platform signed them, each of them once."""
    try:
        pairs = parse_qsl(
            body.decode(), keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=_MOST_FIELDS
        )
    except ValueError as error:
        raise Forged from error
    fields = dict(pairs)
    signed = fields.get("signature", "")
    if len(fields) != len(pairs) or not hmac.compare_digest(sign(pairs, key).encode(), signed.encode()):
        raise Forged
    return fields
