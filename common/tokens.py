"""Tokens for our own links: derived whenever the link is written, stored only as a hash.

One row gives one token, so a mail that is sent again carries an unchanged link, and the database holds nothing that
opens the link. After a change of SECRET_KEY links already sent still work: their hash is stored. A link written again
is the same while the former key is among SECRET_KEY_FALLBACKS; without it, the row needs a new link.
"""

from __future__ import annotations

import base64
import hashlib
import hmac

from common.secrets import derive_keys


def derive_token(purpose: str, row_id: int, nonce: str, *, stored_hash: str = "") -> str:
    """Return a token of 256 bits, safe in an address. `nonce` is random and kept in the row, so that ids tell nothing.

    With the hash that is stored already, the token is the one of that hash, also under a former SECRET_KEY; where none
    is, the present key's.
    """
    message = f"{purpose}\x1f{row_id}\x1f{nonce}".encode()
    tokens = [_token(key, message) for key in derive_keys("link token")]
    return next((token for token in tokens if hash_token(token) == stored_hash), tokens[0])


def _token(key: bytes, message: bytes) -> str:
    digest = hmac.new(key, message, hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


def hash_token(token: str) -> str:
    """Return the hash that is stored and looked up: hexadecimal, 64 characters. Accepts any text."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
