"""Mail about an unclaimed order, once more."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from shop.orders import mails
from shop.orders.contexts import order_with_people


@transaction.atomic
def mail_again(*, order_id: int, now: datetime) -> None:
    """Mail the order's page and the link that claims it to the address typed with it; nobody once it is claimed.

    Locks the order.
    """
    order = order_with_people(order_id)
    if not order.is_claimed:
        mails.queue_again(order, now=now)
