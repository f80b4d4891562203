"""Credit of a customer account: money kept for it, by which its orders are paid."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from common.again import again_after_deadlock
from common.refusals import Refused
from shop.orders.contexts import line_contexts
from shop.orders.hooks import lock_courses_of
from shop.orders.locks import lock_order
from shop.orders.models import Order
from shop.payments.credit.selectors import pays
from shop.payments.models import Payment, PaymentEvent
from shop.payments.on_account.services import lock_account
from shop.payments.port import ProviderEvent
from shop.payments.requests.asked import left_to_buyer, still_to_come
from shop.payments.requests.services import parts_of
from shop.payments.services import settle
from shop.postings import facts

if TYPE_CHECKING:
    from accounts.people.models import User


class CreditTooSmall(Refused):
    """Refusal because the account's credit does not pay the order."""

    message = _("The credit of your account does not pay this order. Choose one of the methods shown.")


@again_after_deadlock
@transaction.atomic
def pay_by_credit(*, order_id: int, actor: User | None, now: datetime) -> None:
    """Pay all that an order still asks of its buyer by their account's credit. Locks the order, the courses of its
    lines if it has lost its places, and the account. Raises CreditTooSmall; then nothing has changed."""
    order = lock_order(order_id)
    if order.status != Order.Status.PLACED or not order.is_claimed:
        raise CreditTooSmall
    if order.has_lost_places:
        # Before the account, as the order of locks asks.
        lines = list(order.lines.order_by("position"))
        lock_courses_of(lines, line_contexts(order, lines, now=now))
    lock_account(order.account_id)
    if not pays(order):
        raise CreditTooSmall
    amount = still_to_come(left_to_buyer(parts_of(order)))
    number = Payment.objects.filter(order=order, provider=facts.CREDIT).count() + 1
    key = f"{order.number}:{number}"
    event = ProviderEvent(
        provider=facts.CREDIT,
        event_id=key,
        reference=key,
        kind=PaymentEvent.Kind.SUCCEEDED,
        order_number=order.number,
        amount=amount,
        currency=order.currency,
    )
    if settle(event=event, actor=actor, now=now) != PaymentEvent.Outcome.SETTLED:
        raise CreditTooSmall
