"""The mail that thanks an outside payer, and leads to their receipt."""

from __future__ import annotations

from collections.abc import Iterable

from outbox.mails.services import queue_mails
from shop.orders.mails import to_payer
from shop.orders.models import Order
from shop.payments.models import Payment
from shop.payments.receipts.selectors import is_of_payer, payer_of
from shop.payments.requests.asked import Share

KIND = "payer_received"


def queue_received(order: Order, payment: Payment, shares: Iterable[Share], *, number: int) -> None:
    """Queue a mail to each outside payer whose part of a locked order got money of a payment of theirs; `number` counts
    how often the payment was given. No query for parts without a pay link; two for each other one, and the insert."""
    linked = [share for share in shares if share.asked.request.link_hash is not None]
    if not linked or not is_of_payer(payment):
        return
    mails = []
    for share in linked:
        request = share.asked.request
        if payer := payer_of(request):
            context = {"request": request.pk, "amount": str(share.amount), "rest": str(share.asked.rest - share.amount)}
            occasion = f"{KIND}:{request.pk}:{payment.pk}:{number}"
            mails.append(to_payer(order, payer, KIND, occasion=occasion, context=context))
    queue_mails(mails)
