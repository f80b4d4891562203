"""Papers that arise, and when: one table."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from documents.issued.models import Document

INVOICE = Document.Kind.INVOICE


@dataclass(frozen=True, slots=True)
class Settled:
    """Order at its settlement, as far as its papers depend on it."""

    gross: Decimal


def kind_at_settlement(settled: Settled) -> Document.Kind | None:
    """Return the kind of paper that a settlement makes; None for none.

    - Zero total: none.
    - Paid in full: the invoice, paid.
    - Settled by a first part or a promise: the invoice of the whole, with its due dates; parts paid later are payments
      and no papers.
    """
    return INVOICE if settled.gross else None
