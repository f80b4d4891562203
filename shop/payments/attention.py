"""Money that paid nothing: marked as dealt with once somebody has seen to it, and taken back when he was wrong."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from common.refusals import Refused
from shop.orders.models import OrderEvent
from shop.orders.transitions import record
from shop.payments.models import MoneyHandling, PaymentEvent

if TYPE_CHECKING:
    from accounts.people.models import User


class NothingToDealWith(Refused):
    """The event is no money that paid nothing."""


class DealtWithAlready(Refused):
    """Somebody was faster."""


class NotDealtWith(Refused):
    """There is nothing to take back."""


@transaction.atomic
def mark_dealt_with(*, event_id: int, note: str, actor: User, now: datetime) -> MoneyHandling:
    """Notes who dealt with money that paid nothing, and how. Locks the event.

    Raises PaymentEvent.DoesNotExist, NothingToDealWith and DealtWithAlready.
    """
    event = _lock_event(event_id)
    if event.outcome not in PaymentEvent.NEEDS_ATTENTION:
        raise NothingToDealWith(_("There is nothing to deal with: this is no money that paid nothing."))
    before = event.handlings.filter(undone_at__isnull=True).select_related("handled_by").first()
    if before is not None:
        raise DealtWithAlready(
            _("%(person)s dealt with it already, on %(at)s.")
            % {
                "person": before.handled_by.get_full_name(),
                "at": date_format(localtime(before.handled_at), "DATETIME_FORMAT"),
            }
        )
    handling = MoneyHandling.objects.create(event=event, handled_at=now, handled_by=actor, note=note)
    if event.order is not None:
        detail = {"event": event.pk, "outcome": event.outcome, "reason": note}
        record(event.order, OrderEvent.What.MONEY_HANDLED, actor=actor, now=now, detail=detail)
    return handling


@transaction.atomic
def take_back_dealt_with(*, event_id: int, actor: User, now: datetime) -> None:
    """The money needs attention again. Locks the event; raises PaymentEvent.DoesNotExist and NotDealtWith."""
    event = _lock_event(event_id)
    taken_back = event.handlings.filter(undone_at__isnull=True).update(undone_at=now, undone_by=actor)
    if taken_back != 1:
        raise NotDealtWith(_("Nobody has dealt with it, so there is nothing to take back."))
    if event.order is not None:
        detail = {"event": event.pk, "outcome": event.outcome}
        record(event.order, OrderEvent.What.MONEY_REOPENED, actor=actor, now=now, detail=detail)


def _lock_event(event_id: int) -> PaymentEvent:
    return PaymentEvent.objects.select_for_update(no_key=True, of=("self",)).select_related("order").get(pk=event_id)
