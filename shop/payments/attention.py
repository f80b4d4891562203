"""Payments that need attention: marked as resolved after an action of the merchant, reopened after a mistake."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common.refusals import Refused
from common.words import moment_in_words
from shop.orders.history.models import OrderEvent
from shop.orders.transitions import record
from shop.payments.models import MoneyHandling, Payment, PaymentEvent
from shop.payments.rest import rest_of
from shop.postings import services as postings

if TYPE_CHECKING:
    from accounts.people.models import User


class NoAttentionNeeded(Refused):
    """Refusal because the event needs no action of the merchant."""


class ResolvedAlready(Refused):
    """Refusal because the event is resolved already."""


class MoneyUsed(Refused):
    """Refusal to reopen a payment whose money was given to an order or kept as credit."""

    message = gettext_lazy("This money was given to an order or kept as credit: it cannot be opened again.")


class MoneyOnItsWay(Refused):
    """Refusal to reopen a payment whose money was sent back."""

    message = gettext_lazy(
        "This money was sent back: it cannot be opened again. It needs attention again by itself if it does not arrive."
    )


class NotResolved(Refused):
    """Refusal because the event is not marked as resolved."""


@transaction.atomic
def mark_resolved(*, event_id: int, note: str, actor: User, now: datetime) -> MoneyHandling:
    """Record who resolved a payment that needed attention, with a note. Locks the event.

    Raises PaymentEvent.DoesNotExist, NoAttentionNeeded and ResolvedAlready.
    """
    event = _lock_event(event_id)
    if event.outcome not in PaymentEvent.NEEDS_ATTENTION:
        raise NoAttentionNeeded(_("This payment needs no attention."))
    before = event.handlings.filter(undone_at__isnull=True).select_related("handled_by").first()
    if before is not None:
        raise ResolvedAlready(
            _("%(person)s resolved it already, on %(at)s.")
            % {
                "person": before.handled_by.get_full_name(),
                "at": moment_in_words(before.handled_at),
            }
        )
    handling = MoneyHandling.objects.create(
        event=event, amount=_rest_of(event), handled_at=now, handled_by=actor, note=note
    )
    postings.post_resolved(handling)
    if event.order is not None:
        detail = {"event": event.pk, "outcome": event.outcome, "reason": note}
        record(event.order, OrderEvent.What.MONEY_HANDLED, actor=actor, now=now, detail=detail)
    return handling


@transaction.atomic
def mark_open_again(*, event_id: int, actor: User, now: datetime) -> None:
    """Reopen a resolved payment. Locks the event; raises PaymentEvent.DoesNotExist, NotResolved,
    MoneyUsed and MoneyOnItsWay."""
    event = _lock_event(event_id)
    handling = event.handlings.filter(undone_at__isnull=True).first()
    if handling is None:
        raise NotResolved(_("This payment is not marked as resolved."))
    if handling.how != MoneyHandling.How.SENT_BACK:
        raise MoneyUsed
    if handling.refunds.exists():
        raise MoneyOnItsWay
    handling.undone_at, handling.undone_by = now, actor
    handling.save(update_fields=("undone_at", "undone_by"))
    postings.post_resolved(handling)
    if event.order is not None:
        detail = {"event": event.pk, "outcome": event.outcome}
        record(event.order, OrderEvent.What.MONEY_REOPENED, actor=actor, now=now, detail=detail)


def _rest_of(event: PaymentEvent) -> Decimal | None:
    """Return the part of a payment that nothing has happened to; None where that is all of it, and always was."""
    if event.payment is None or event.outcome not in PaymentEvent.UNALLOCATED:
        return None
    rest = rest_of(event.payment)
    is_whole = rest == event.payment.amount and event.kind == PaymentEvent.Kind.SUCCEEDED
    return None if is_whole else rest


def _lock_event(event_id: int) -> PaymentEvent:
    """Return an event, locked after its payment."""
    payment_id = PaymentEvent.objects.values_list("payment", flat=True).get(pk=event_id)
    list(Payment.objects.select_for_update(no_key=True).filter(pk=payment_id).values_list("pk"))
    return PaymentEvent.objects.select_for_update(no_key=True, of=("self",)).select_related("order").get(pk=event_id)
