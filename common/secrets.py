"""Encryption of a mail's secret in the database, with a key derived from SECRET_KEY."""

from __future__ import annotations

import base64

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.utils.encoding import force_bytes
from django.utils.translation import gettext


class Undecryptable(Exception):
    """The text was encrypted under another SECRET_KEY, or was tampered with."""


def derive_key(purpose: str, secret_key: str | bytes | None = None) -> bytes:
    """Return 32 bytes that only this purpose uses: a key learned in one place opens no other."""
    source = force_bytes(settings.SECRET_KEY if secret_key is None else secret_key)
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=f"amphi {purpose}".encode()).derive(source)


def encrypt(text: str) -> str:
    return _fernet().encrypt(text.encode()).decode("ascii")


def decrypt(token: str) -> str:
    """Return the text of a token, by SECRET_KEY or one of SECRET_KEY_FALLBACKS. Raises Undecryptable."""
    try:
        return _fernet().decrypt(token.encode()).decode()
    except InvalidToken as error:
        raise Undecryptable(gettext("The mail's secret cannot be read with the present SECRET_KEY.")) from error


def _fernet() -> MultiFernet:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(derive_key("mail secret", key))) for key in keys])
