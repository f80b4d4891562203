"""Tokens of join links and printed codes: derived whenever they are shown, stored as hashes alone.

A printed code is 16 signs of Crockford's alphabet, 80 bits, in groups of four: no sign looks like another, and letters
typed for the digits they look like are read as these.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

from django.conf import settings
from django.urls import reverse

from common.secrets import derive_keys
from common.tokens import derive_token, hash_token
from enrolments.joining.models import JoinLink

PURPOSE = "join link"
SIGNS_OF_A_CODE = 16
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_WRITTEN = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", _CROCKFORD)
_READ = str.maketrans("OIL", "011")


def new_nonce() -> str:
    return secrets.token_urlsafe(16)


def token_of(nonce: str, *, stored_hash: str = "") -> str:
    """Return the token of a link, of 256 bits; the nonce alone makes it unique."""
    return derive_token(PURPOSE, 0, nonce, stored_hash=stored_hash)


def code_of(nonce: str, number: int, *, stored_hash: str = "") -> str:
    """Return a printed code, in groups of four. With the hash stored, the code is that of the hash, also under a former
    SECRET_KEY."""
    message = f"{nonce}\x1f{number}".encode()
    codes = [_code(key, message) for key in derive_keys("join code")]
    return next((code for code in codes if hash_code(code) == stored_hash), codes[0])


def _code(key: bytes, message: bytes) -> str:
    digest = hmac.new(key, message, hashlib.sha256).digest()
    signs = base64.b32encode(digest).decode("ascii")[:SIGNS_OF_A_CODE].translate(_WRITTEN)
    return written_code(signs)


def read_code(typed: str) -> str:
    """Return the signs of a typed code, "" for a text that is none. Case, blanks and dashes do not matter."""
    signs = "".join(sign for sign in typed.upper() if sign.isalnum()).translate(_READ)
    return signs if len(signs) == SIGNS_OF_A_CODE and set(signs) <= set(_CROCKFORD) else ""


def written_code(signs: str) -> str:
    """Return the signs of a code in groups of four."""
    return "-".join(signs[at : at + 4] for at in range(0, len(signs), 4))


def hash_code(code: str) -> str:
    """Return the hash under which a code is stored, however it is written."""
    return hash_token(f"join code {read_code(code)}")


def link_url(link: JoinLink) -> str:
    """Return the address of a link, to be given to people."""
    return address_of(token_of(link.nonce, stored_hash=link.token_hash))


def address_of(token: str) -> str:
    return f"{settings.SITE_URL}{reverse('join-link', args=[token])}"


def typing_address() -> str:
    """Return the address of the page where a printed code is typed."""
    return f"{settings.SITE_URL}{reverse('join')}"
