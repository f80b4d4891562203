"""Mail to an outside payer whose address was corrected, or typed after the customer had chosen how to pay."""

from __future__ import annotations

from datetime import datetime

from outbox.mails.models import Mail
from outbox.mails.services import queue_mails
from shop.orders.mails import has_outside_payer, to_payer
from shop.orders.models import Order
from shop.payments.requests.links import make_link

KIND = "payer_instructions"
# Addresses that one order has mailed: nobody asked those who get such a mail.
PAYERS_AT_MOST = 3


def tell_new_payer(order: Order, *, now: datetime) -> None:
    """Mail the payer of a locked order that waits for a transfer how to pay, unless they were mailed so, or too many
    others were."""
    if order.status != Order.Status.PLACED or order.method != "transfer" or not has_outside_payer(order):
        return
    told = list(Mail.objects.filter(order_id=order.pk, kind=KIND).values_list("recipient", flat=True))
    if order.payer_email in told or len(told) >= PAYERS_AT_MOST:
        return
    linked = make_link(order, now=now)
    context = {"request": linked.pk} if linked is not None else {}
    queue_mails([to_payer(order, order.payer_email, KIND, occasion=f"{KIND}:{len(told)}", context=context)])
