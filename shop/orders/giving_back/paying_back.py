"""Money owed for units given back: noted as paid back by the merchant, and noted as owed again after a mistake.

No money moves here: the merchant has sent it, by a way of their own. An order whose units were all given back is
*refunded* once everything went back, and *completed* again if something is owed.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import F, Sum
from django.utils.translation import gettext_lazy as _

from accounts.people.models import User
from common.moments import local_day
from common.refusals import Refused
from shop.orders import mails
from shop.orders.giving_back.models import GivingBack
from shop.orders.giving_back.owed import owed_for, put_back, take_off
from shop.orders.history.models import OrderEvent
from shop.orders.lines.models import OrderLine
from shop.orders.locks import lock_order
from shop.orders.models import Order
from shop.orders.transitions import move_order, record
from shop.payments.refunds.models import Refund
from shop.postings import services as postings


class NothingOwed(Refused):
    """Refusal because nothing of the order is to be paid back, or was paid back."""

    message = _("Nothing is to be paid back for this order any more.")


class OwedDiffers(Refused):
    """Refusal because the amount owed has changed since the page was made."""

    message = _("The amount to be paid back has changed meanwhile. Look at it again.")


class ReferenceMissing(Refused):
    """Refusal because no reference of the payment was given."""

    message = _("Give the reference under which the money went back.")


class DayAhead(Refused):
    """Refusal of a day that is still to come."""

    message = _("The day on which the money went back lies ahead.")


class NothingPaidBack(Refused):
    """Refusal because nothing is noted as paid back."""

    message = _("Nothing is noted as paid back for this order.")


@transaction.atomic
def mark_paid_back(
    *, order_id: int, amount: Decimal, paid_on: date, reference: str, actor: User, now: datetime
) -> Decimal:
    """Note that all that was owed for an order went back: `amount`, as the merchant saw it. Returns the amount.

    An order whose units are all given back is refunded by it. The customer is mailed. Locks the order. Raises
    NothingOwed, OwedDiffers, ReferenceMissing, DayAhead and Order.DoesNotExist.
    """
    order = lock_order(order_id)
    owed = owed_for(order)
    if not owed:
        raise NothingOwed
    if owed != amount:
        raise OwedDiffers
    reference = reference.strip()[: GivingBack.REFERENCE_LENGTH]
    if not reference:
        raise ReferenceMissing
    if paid_on > local_day(now):
        raise DayAhead
    take_off(order, owed, on=paid_on, reference=reference, actor=actor, now=now)
    refund = Refund.objects.create(
        order=order,
        way=Refund.Way.OUTSIDE,
        state=Refund.State.DONE,
        amount=owed,
        currency=order.currency,
        reference=reference,
        asked_at=now,
        asked_by=actor,
        done_at=now,
    )
    detail = {"worth": str(owed), "on": paid_on.isoformat(), "reason": reference}
    postings.post_note(record(order, OrderEvent.What.PAID_BACK, actor=actor, now=now, detail=detail))
    mails.queue_refund_sent(order, refund_id=refund.pk, now=now)
    refund_once_all_went_back(order, now=now)
    return owed


def refund_once_all_went_back(order: Order, *, now: datetime) -> None:
    """Move a locked, completed order to *refunded* if all of it was given back and everything received went back.

    An order given back without any money, or for which none had come, stays completed. Asked whenever units are given
    back and whenever money went back: either may come last.
    """
    if order.status != Order.Status.COMPLETED or order.lines.exclude(status=OrderLine.Status.GIVEN_BACK).exists():
        return
    for_money = GivingBack.objects.filter(line__order=order, amount__gt=F("lowered"))
    if for_money.exists() and not for_money.owed().exists() and not Refund.objects.open().filter(order=order).exists():
        move_order(order, Order.Status.REFUNDED, what=OrderEvent.What.REFUNDED, actor=None, now=now)


@transaction.atomic
def mark_owed_again(*, order_id: int, actor: User, now: datetime) -> Decimal:
    """Note that what was noted last as paid back did not go, or came back. Returns the amount owed again for it.

    A refunded order is completed again. Locks the order. Raises NothingPaidBack and Order.DoesNotExist.
    """
    order = lock_order(order_id)
    owed, reference = _undo_last_note(order, now=now)
    owe_again(order, OrderEvent.What.OWED_AGAIN, actor=actor, now=now, detail={"worth": str(owed), "reason": reference})
    return owed


def owe_again(
    order: Order, what: OrderEvent.What, *, actor: User | None, now: datetime, detail: dict[str, str]
) -> None:
    """Record, and post, that an amount of a locked order is owed again; a refunded order is completed again."""
    if order.status == Order.Status.REFUNDED:
        note = move_order(order, Order.Status.COMPLETED, what=what, actor=actor, now=now, detail=detail)
    else:
        note = record(order, what, actor=actor, now=now, detail=detail)
    postings.post_note(note)


def _undo_last_note(order: Order, *, now: datetime) -> tuple[Decimal, str]:
    """Return amount and reference of the last note, which stands no more. Notes of the previous release are no refund:
    they are marks on rows of which no refund took anything."""
    refund = (
        Refund.objects.filter(order=order, way=Refund.Way.OUTSIDE, state=Refund.State.DONE).order_by("done_at").last()
    )
    of_before = GivingBack.objects.filter(line__order=order, paid_back_at__isnull=False, sent=0)
    last = of_before.order_by("paid_back_at").last()
    if refund is not None and (last is None or last.paid_back_at is None or last.paid_back_at <= refund.asked_at):
        Refund.objects.filter(pk=refund.pk).update(state=Refund.State.FAILED, failed_at=now)
        put_back(order, refund.amount)
        return refund.amount, refund.reference
    if last is None:
        raise NothingPaidBack
    noted = of_before.filter(paid_back_at=last.paid_back_at)
    owed = noted.aggregate(owed=Sum(F("amount") - F("lowered")))["owed"]
    reference = last.paid_back_reference
    # By key: the rows no longer fit the filter once they are written.
    GivingBack.objects.filter(pk__in=list(noted.values_list("pk", flat=True))).update(
        paid_back_on=None, paid_back_reference="", paid_back_at=None, paid_back_by=None
    )
    return owed, reference
