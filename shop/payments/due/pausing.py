"""Pausing of reminders, of an order or of a whole account, and going on with them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from accounts.members.models import CustomerAccount
from common.refusals import Refused
from shop.orders.models import Order
from shop.payments.due.models import ReminderPause
from shop.payments.on_account.services import lock_account

if TYPE_CHECKING:
    from accounts.people.models import User


class PauseWithoutReason(Refused):
    """Refusal of a pause without a reason."""

    field = "reason"
    message = _("Say why: the reason is kept.")


class PausedMeanwhile(Refused):
    """Refusal because somebody has paused the reminders, or gone on with them, since the page was shown."""

    message = _("Somebody has paused these reminders, or gone on with them, meanwhile. Look at them again.")


@transaction.atomic
def pause_reminders(*, order_id: int, whole_account: bool, reason: str, actor: User, now: datetime) -> ReminderPause:
    """Pause the reminders of an order, or of all orders of its account. Locks the order, or the account.

    Raises PauseWithoutReason, PausedMeanwhile, and Order.DoesNotExist.
    """
    said = reason.strip()
    if not said:
        raise PauseWithoutReason
    order = Order.objects.select_for_update(no_key=True).get(pk=order_id)
    of = {"account_id": order.account_id} if whole_account else {"order_id": order.pk}
    if whole_account:
        lock_account(order.account_id)
    if ReminderPause.objects.filter(**of, ended_at__isnull=True).exists():
        raise PausedMeanwhile
    return ReminderPause.objects.create(**of, reason=said[: ReminderPause.REASON_LENGTH], begun_at=now, begun_by=actor)


def move_pauses(*, order: Order, source: CustomerAccount, now: datetime) -> None:
    """Make the pauses of an account, which goes away, those of its only order, as that moves. Two statements."""
    theirs = ReminderPause.objects.filter(account=source)
    if ReminderPause.objects.filter(order=order, ended_at__isnull=True).exists():
        theirs.filter(ended_at__isnull=True).update(ended_at=now, ended_by=F("begun_by"))
    theirs.update(account=None, order=order)


def resume_reminders(*, pause_id: int, actor: User, now: datetime) -> None:
    """End a pause. Raises PausedMeanwhile for one that has ended."""
    open_one = ReminderPause.objects.filter(pk=pause_id, ended_at__isnull=True)
    if open_one.update(ended_at=now, ended_by=actor) != 1:
        raise PausedMeanwhile
