"""Outside payers of a part of an order, such as an OPCO: each gets a pay link for exactly their part."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from common.again import again_after_deadlock
from common.refusals import Refused
from outbox.mails.services import queue_mails
from shop.orders.locks import lock_order
from shop.orders.mails import to_payer
from shop.orders.models import Order
from shop.orders.standing import CONFIRMED
from shop.payments.requests.asked import asked_of
from shop.payments.requests.links import give_link
from shop.payments.requests.models import PaymentRequest
from shop.payments.requests.planning import Part, replace_requests
from shop.payments.requests.services import requests_of

if TYPE_CHECKING:
    from accounts.people.models import User


class NoSuchShare(Refused):
    """Refusal of an amount that is neither a part of the order that is still owed, nor less than an untouched whole."""

    field = "amount"
    message = _(
        "Type the amount of a part that is still to be paid. An order that asks for its total in one part, of which "
        "nothing is paid or promised, is divided by a smaller amount."
    )


@again_after_deadlock
@transaction.atomic
def ask_payer(*, order_id: int, amount: Decimal, email: str, actor: User, now: datetime) -> PaymentRequest:
    """Ask an outside payer by mail for a part of an order, and return it: the open part of exactly this amount, else a
    share of an order that asks for its total at once, whose rest the customer goes on to owe.

    The payer's link shows them their part alone. Asked again with another address, the same link goes there. Locks the
    order. Raises NoSuchShare and NotPlannable; then nothing has changed.
    """
    order = lock_order(order_id)
    request = _share(order, amount, actor=actor, now=now)
    give_link(request)
    occasion = f"payer_part:{request.pk}:{int(now.timestamp())}"
    queue_mails([to_payer(order, email, "payer_instructions", occasion=occasion, context={"request": request.pk})])
    return request


def _share(order: Order, amount: Decimal, *, actor: User, now: datetime) -> PaymentRequest:
    if order.status not in (Order.Status.PLACED, *CONFIRMED) or order.is_closed:
        raise NoSuchShare
    asked = requests_of(order, now=now) if order.status == Order.Status.PLACED else asked_of(order)
    for each in asked:
        if each.rest == amount > 0:
            return each.request
    if len(asked) != 1 or not 0 < amount < asked[0].rest or order.status != Order.Status.PLACED:
        raise NoSuchShare
    due_on = asked[0].request.due_on
    parts = [Part(order.gross - amount, due_on), Part(amount, due_on)]
    return replace_requests(order, parts, actor=actor, now=now)[-1]
