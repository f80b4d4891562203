"""Other party of a line of a bank statement: who paid or was paid, encrypted at rest."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from django.utils.translation import gettext as _

from common.secrets import Purpose, Undecryptable, decrypt, encrypt


@dataclass(frozen=True)
class Party:
    """Name, IBAN and text of a line, each "" where the bank does not tell it."""

    name: str = ""
    iban: str = ""
    text: str = ""


def sealed(party: Party) -> str:
    """Return a party encrypted; "" for one of which nothing is told."""
    return encrypt(json.dumps(asdict(party), ensure_ascii=False), Purpose.STATEMENT) if party != Party() else ""


def opened(secret: str) -> Party:
    """Return the party that was sealed; one that no present key opens says so in its text."""
    if not secret:
        return Party()
    try:
        return Party(**json.loads(decrypt(secret, Purpose.STATEMENT)))
    except Undecryptable:
        return Party(text=_("Cannot be read with the present keys."))
