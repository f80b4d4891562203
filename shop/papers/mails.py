"""The mail about documents of which no other mail tells: of parts paid, and of papers issued later than their fact."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from documents.issued.mailed import WAITS_AT_MOST, telling_of
from documents.issued.models import Document
from outbox.mails.services import queue_mails
from shop.orders.mails import to_customer
from shop.orders.models import Order


def queue_papers(order: Order, documents: Sequence[Document], *, now: datetime) -> None:
    """Queue a mail to the customer with documents issued at this moment, which waits for their files. None without
    documents, nor to a customer who was erased."""
    if not documents:
        return
    occasion, context = f"papers_issued:{documents[0].pk}", telling_of(order.pk, now)
    mails = to_customer(order, "papers_issued", occasion=occasion, context=context, now=now)
    queue_mails([replace(mail, due_at=now + WAITS_AT_MOST) for mail in mails])
