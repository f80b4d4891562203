"""Tokens for our own links: derived whenever the link is written, stored only as a hash.

One row gives one token, so a mail that is sent again carries an unchanged link, and the database holds nothing that
opens the link. After a change of SECRET_KEY links already sent still work (their hash is stored); a link derived anew
would not, and needs a new row.
"""

from __future__ import annotations

import base64
import hashlib
import hmac

from common.secrets import derive_key


def derive_token(purpose: str, row_id: int, nonce: str) -> str:
    """Return a token of 256 bits, safe in an address. `nonce` is random and kept in the row, so that ids tell
    nothing."""
    message = f"{purpose}\x1f{row_id}\x1f{nonce}".encode()
    digest = hmac.new(derive_key("link token"), message, hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


def hash_token(token: str) -> str:
    """Return the hash that is stored and looked up: hexadecimal, 64 characters. Accepts any text."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
