"""All encryption of the shop: one key for each purpose, derived from ENCRYPTION_KEYS and SECRET_KEY.

The first of ENCRYPTION_KEYS encrypts, or SECRET_KEY where there are none; every other one, and SECRET_KEY_FALLBACKS,
still decrypt. `manage.py rotate_keys` encrypts everything stored anew under the first.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from enum import StrEnum
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.utils.encoding import force_bytes
from django.utils.translation import gettext


class Purpose(StrEnum):
    """Uses of the keys. A key learned in one place opens no other."""

    MAIL = "mail secret"
    SECOND_FACTOR = "second factor"
    SESSION = "session data"
    BANK_ACCOUNT = "bank account"
    PROVIDER = "provider settings"
    STATEMENT = "lines of bank statements"


class Undecryptable(Exception):
    """The text was encrypted under a key that is not among the present ones, or was tampered with."""


def derive_key(purpose: str, secret_key: str | bytes | None = None) -> bytes:
    """Return 32 bytes that only this purpose uses; of SECRET_KEY unless another key is given."""
    return _derived(str(purpose), force_bytes(settings.SECRET_KEY if secret_key is None else secret_key))


def derive_keys(purpose: str) -> list[bytes]:
    """Return the purpose's keys of SECRET_KEY and of each of SECRET_KEY_FALLBACKS, the present one first."""
    return [derive_key(purpose, key) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]


def keyed_hash(purpose: str, text: str) -> str:
    """Return the hash that is stored in place of a text: hexadecimal, 64 characters, under the present SECRET_KEY."""
    return keyed_hashes(purpose, text)[0]


def keyed_hashes(purpose: str, text: str) -> list[str]:
    """Return the hashes under which a text may be stored: by SECRET_KEY, then by each of SECRET_KEY_FALLBACKS."""
    message = text.encode("utf-8", "surrogatepass")
    return [hmac.new(key, message, hashlib.sha256).hexdigest() for key in derive_keys(purpose)]


def encrypt(text: str, purpose: Purpose = Purpose.MAIL) -> str:
    return _fernet(purpose).encrypt(text.encode()).decode("ascii")


def decrypt(token: str, purpose: Purpose = Purpose.MAIL) -> str:
    """Return the text of a token, by any of the present keys. Raises Undecryptable."""
    try:
        return _fernet(purpose).decrypt(token.encode()).decode()
    except (InvalidToken, UnicodeError) as error:
        raise Undecryptable(gettext("The mail's secret cannot be read with the present SECRET_KEY.")) from error


def under_first_key(token: str, purpose: Purpose) -> str | None:
    """Return a token of the same text under the key that encrypts now; None where it is already.

    Raises Undecryptable.
    """
    first = _fernet_of(str(purpose), _materials()[:1])
    try:
        first.decrypt(token.encode())
    except InvalidToken:
        return encrypt(decrypt(token, purpose), purpose)
    return None


def _materials() -> tuple[str | bytes, ...]:
    return (*settings.ENCRYPTION_KEYS, settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)


def _fernet(purpose: Purpose) -> MultiFernet:
    return _fernet_of(str(purpose), _materials())


# Every request decrypts its session: keys are derived once for each purpose and set of keys.
@lru_cache(maxsize=32)
def _fernet_of(purpose: str, materials: tuple[str | bytes, ...]) -> MultiFernet:
    return MultiFernet([Fernet(base64.urlsafe_b64encode(derive_key(purpose, each))) for each in materials])


@lru_cache(maxsize=64)
def _derived(purpose: str, source: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=f"amphi {purpose}".encode()).derive(source)
