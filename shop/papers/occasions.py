"""Papers that arise, and when: one table."""

from __future__ import annotations

from documents.issued.models import Document
from shop.orders.models import Order


def kind_at_settlement(order: Order) -> Document.Kind | None:
    """Return the kind of paper that the settlement of an order makes; None for none.

    - Zero total: none.
    - Paid in full: the invoice, paid.
    - Settled by a first part or a promise: the invoice of the whole, with its due dates; parts paid later are payments
      and no papers.
    """
    return None if order.is_free else Document.Kind.INVOICE
