"""Withdrawal from the contract of an order (CC L221-21, D221-5): received once, acknowledged at once."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.people.models import User
from common.again import again_after_deadlock
from common.refusals import Refused
from enrolments.seats.batches.models import FrozenFor
from outbox.mails.services import queue_mails
from shop.orders.ending import cancel_order
from shop.orders.freezing import freeze, unfreeze
from shop.orders.history.models import OrderEvent
from shop.orders.locks import lock_order
from shop.orders.models import Order
from shop.orders.transitions import record
from shop.withdrawal.delay import may_withdraw, withdrawable_lines
from shop.withdrawal.mails import acknowledgement, to_sales
from shop.withdrawal.models import Withdrawal
from shop.withdrawal.proposal import proposed_amount


class WithdrawalOver(Refused):
    """Refusal of a withdrawal from an order without that right, or whose delay is over."""

    message = _("This contract can no longer be withdrawn from here: the delay is over, or the order has ended.")


class WithdrawalNotLifted(Refused):
    """Refusal to let a contract go on without a reason, or that nobody withdrew from."""


@again_after_deadlock
@transaction.atomic
def withdraw_from_contract(
    *, order_id: int, name: str, answer_to: str, now: datetime, actor: User | None = None
) -> Withdrawal:
    """Receive a withdrawal: an unpaid order is cancelled; of another one, the lines that may be withdrawn from are
    frozen, with the amount proposed to pay back.

    Queues the acknowledgement to `answer_to` and a mail to the sales team. Once per order: a second call returns the
    first withdrawal and changes nothing. Locks the order, then as `cancel_order` or `freeze`. Raises WithdrawalOver.
    """
    order = lock_order(order_id)
    received = Withdrawal.objects.filter(order=order).first()
    if received is not None:
        return received
    if not may_withdraw(order, now):
        raise WithdrawalOver
    proposed = proposed_amount(order, now=now)
    received = Withdrawal.objects.create(
        order=order, name=name, answer_to=answer_to, received_at=now, proposed=proposed
    )
    record(order, OrderEvent.What.WITHDRAWN, actor=actor, now=now)
    if order.status == Order.Status.PLACED:
        cancel_order(order_id=order.pk, actor=actor, now=now)
    else:
        lines = [line.pk for line in withdrawable_lines(order)]
        freeze(order_id=order.pk, reason=FrozenFor.WITHDRAWAL, lines=lines, now=now, actor=actor)
    queue_mails([acknowledgement(order, received), *to_sales(order)])
    return received


@transaction.atomic
def lift_withdrawal(*, order_id: int, reason: str, actor: User, now: datetime) -> None:
    """Let the contract go on, with the reason in the order's history; the order is no longer frozen for it.

    Locks like `unfreeze`. Raises WithdrawalNotLifted.
    """
    if not reason.strip():
        raise WithdrawalNotLifted(_("Say why: the reason is kept in the order’s history."), field="reason")
    lock_order(order_id)
    if not Withdrawal.objects.filter(order=order_id, lifted_at__isnull=True).update(lifted_at=now):
        raise WithdrawalNotLifted(_("Nobody has withdrawn from this contract, or it goes on already."))
    unfreeze(order_id=order_id, reason=FrozenFor.WITHDRAWAL, now=now, actor=actor, why=reason.strip())
