"""File of a bank statement until it is imported: encrypted at rest, since it names people and accounts, and compressed
before, since it lies in memory several times on its way to the database."""

from __future__ import annotations

import zlib

from django.utils.translation import gettext_lazy as _

from common.secrets import Purpose, Undecryptable, decrypt, encrypt
from shop.payments.statements.models import BankStatement
from shop.payments.statements.read import StatementRefused

# The previous release keeps files as they are, which begin otherwise.
_MARK = b"sealed:"


class FileNotRead(StatementRefused):
    """Refusal to read a kept file that no present key opens."""

    message = _("The kept file cannot be read with the present keys. Send it again.")


def sealed_file(content: bytes) -> bytes:
    """Return a file as it is kept."""
    return _MARK + encrypt(zlib.compress(content).decode("latin-1"), Purpose.STATEMENT).encode()


def file_of(statement: BankStatement) -> bytes:
    """Return the file that a statement keeps; b"" once it is imported. Raises FileNotRead."""
    kept = bytes(statement.content or b"")
    if not kept.startswith(_MARK):
        return kept
    try:
        return zlib.decompress(decrypt(kept.removeprefix(_MARK).decode(), Purpose.STATEMENT).encode("latin-1"))
    except Undecryptable as error:
        raise FileNotRead from error
