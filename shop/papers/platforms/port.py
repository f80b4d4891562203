"""Port between the shop and approved platforms, which pass invoices on to the buyers' platforms and to the State.

Plain values go in and come out; a platform changes nothing of the shop. Calls wait for the network, and raise
Unreachable and CallRefused of `shop.payments.port`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shop.payments.configured.keyed import Keyed


class Rule(StrEnum):
    """Rule by which a platform treats an invoice (XP Z12-013, *processingRule*)."""

    B2B = "B2B"
    B2B_ABROAD = "B2BInt"
    PUBLIC = "B2G"


class Progress(StrEnum):
    """Progress of an invoice, in the order in which it can come."""

    SENT = "sent"
    DEPOSITED = "deposited"
    RECEIVED = "received"
    APPROVED = "approved"
    REFUSED = "refused"
    PAID = "paid"


@dataclass(frozen=True)
class Outgoing:
    """Invoice to send: its Factur-X file. `key` names it for ever: the platform gives it back, and finds it by it."""

    key: str
    number: str
    rule: Rule
    content: bytes


@dataclass(frozen=True)
class Told:
    """News of an invoice: its progress, None for news that change none; the status code of the reform, and codes of
    reasons. `number` is the invoice's, or "" where `reference` is the platform's name of the flow."""

    at: datetime
    progress: Progress | None
    code: str
    reasons: str = ""
    number: str = ""
    reference: str = ""


class Platform(Keyed):
    """Approved platform. Subclasses live in a package of `shop.papers.platforms`, which names its instance
    `platform`."""

    def sends_voluntary(self) -> bool:
        """Tell whether documents are sent too that need not be."""
        raise NotImplementedError

    def send(self, outgoing: Outgoing) -> str:
        """Send an invoice, and return the platform's reference of it."""
        raise NotImplementedError

    def find(self, key: str) -> str | None:
        """Look up an invoice by its key; None if the platform never got it."""
        raise NotImplementedError

    def fetch(self, reference: str) -> Told:
        """Return what the platform says of an invoice that it was sent."""
        raise NotImplementedError

    def news(self, since: datetime) -> Iterator[Told]:
        """Yield what buyers and their platforms said since a moment, as it is read; of very much, the beginning."""
        raise NotImplementedError

    def address_of(self, siren: str) -> str | None:
        """Return the electronic address at which a company receives invoices; None if the directory has none."""
        raise NotImplementedError
