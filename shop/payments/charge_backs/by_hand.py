"""Charge-backs that no provider tells of: a returned cheque, a transfer recalled, a card platform that shows them to
the merchant alone. Staff note them, and they go the way of all others."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Min
from django.utils.translation import gettext_lazy as _

from accounts.people.models import User
from catalog.pricing import ZERO
from common.again import again_after_deadlock
from common.moments import day_starts, local_day
from common.refusals import Refused
from shop.payments.charge_backs.models import ChargeBack
from shop.payments.charge_backs.selectors import taken_back_from
from shop.payments.models import Payment, PaymentEvent
from shop.payments.port import ProviderEvent, check_event
from shop.payments.registry import get_provider
from shop.payments.services import settle

Kind = PaymentEvent.Kind
REASON_LENGTH = 300
_BY_HAND = "by hand "


class ToldByProvider(Refused):
    """Refusal to note what the provider tells by itself."""

    message = _("The provider of this payment tells of charge-backs by itself.")


class NothingToTake(Refused):
    """Refusal because the payment never came, or its bank has taken all of it back."""

    message = _("Nothing of this payment is left that its bank could take back.")


class LeftDiffers(Refused):
    """Refusal because the payment has changed since the page was made."""

    message = _("The payment has changed meanwhile. Look at it again.")


class MoreThanLeft(Refused):
    field = "amount"
    message = _("The bank can take back no more than is left of the payment.")


class WrongDay(Refused):
    field = "day"
    message = _("The day lies between that of the payment and today.")


class NotTaken(Refused):
    """Refusal to note that money came again which was not noted as taken back by hand, or came already."""

    message = _("This was not noted by hand, or the money came again already.")


def left_to_take(payment: Payment) -> Decimal:
    """Return how much of a payment staff may note as taken back; 0 where its provider tells of it. One query at
    most."""
    provider = get_provider(payment.provider)
    is_silent = provider is None or not (provider.tells_charge_backs or provider.is_promise)
    if not is_silent or payment.status != Payment.Status.SUCCEEDED:
        return ZERO
    return payment.amount - taken_back_from(payment)


@again_after_deadlock
@transaction.atomic
def note_charge_back(
    *, payment_id: int, amount: Decimal, day: date, reason: str, left: Decimal, actor: User, now: datetime
) -> None:
    """Note that the bank took an amount of a payment back on a day, which is its day in the books where that is open;
    `left` is what the page showed of the payment.

    The order is frozen, what the money had paid for is owed again and the customer is told, as if the provider had told
    of it. Locks like `settle`. Raises ToldByProvider, NothingToTake, LeftDiffers, MoreThanLeft, WrongDay and
    Payment.DoesNotExist.
    """
    payment = Payment.objects.select_related("order").get(pk=payment_id)
    provider = get_provider(payment.provider)
    if provider is not None and provider.tells_charge_backs:
        raise ToldByProvider
    left_now = left_to_take(payment)
    if left_now <= 0:
        raise NothingToTake
    if left_now != left:
        raise LeftDiffers
    if not 0 < amount <= left:
        raise MoreThanLeft
    received_at = _received_at(payment)
    if not local_day(received_at) <= day <= local_day(now):
        raise WrongDay
    lost_at = now if day == local_day(now) else max(received_at, day_starts(day))
    thing = f"{_BY_HAND}{payment.pk}.{payment.charge_backs.count() + 1}"
    payload = {"day": day.isoformat(), "reason": reason}
    _tell(payment, thing, Kind.DISPUTE_LOST, amount, payload, lost_at=lost_at, actor=actor, now=now)


@again_after_deadlock
@transaction.atomic
def note_came_again(*, charge_back_id: int, actor: User, now: datetime) -> None:
    """Note that money came again which staff had noted as taken back. It pays what it paid for before, as far as that
    is still asked for. Locks like `settle`. Raises NotTaken and ChargeBack.DoesNotExist."""
    charge_back = ChargeBack.objects.select_related("payment__order").get(pk=charge_back_id)
    if not charge_back.reference.startswith(_BY_HAND) or charge_back.won_at is not None:
        raise NotTaken
    amount, payment = charge_back.amount, charge_back.payment
    _tell(payment, charge_back.reference, Kind.DISPUTE_WON, amount, {}, actor=actor, now=now)


def taken_by_hand(payment: Payment) -> list[ChargeBack]:
    """Return the charge-backs of a payment that staff noted and whose money did not come again. One query."""
    return list(payment.charge_backs.standing().filter(reference__startswith=_BY_HAND))


def _received_at(payment: Payment) -> datetime:
    """Return the moment at which the money of a payment came into the books. One query."""
    told = payment.events.filter(kind=Kind.SUCCEEDED).aggregate(first=Min("received_at"))
    return told["first"] or payment.created_at


def _tell(
    payment: Payment,
    thing: str,
    kind: Kind,
    amount: Decimal,
    payload: dict[str, str],
    *,
    lost_at: datetime | None = None,
    actor: User,
    now: datetime,
) -> None:
    """Settle what staff tell of a payment, as if its provider did. Raises LeftDiffers where somebody else told it
    meanwhile."""
    event = ProviderEvent(
        provider=payment.provider,
        event_id=f"{thing}:{kind.value}",
        reference=payment.reference,
        kind=kind.value,
        order_number=payment.order.number if payment.order else "-",
        amount=amount,
        currency=payment.currency,
        payload=payload,
        lost_at=lost_at,
    )
    check_event(event)
    if PaymentEvent.objects.filter(provider=event.provider, event_id=event.event_id).exists():
        raise LeftDiffers
    settle(event=event, actor=actor, now=now)
    told = PaymentEvent.objects.get(provider=event.provider, event_id=event.event_id)
    if (told.actor_id, told.amount, told.received_at) != (actor.pk, amount, now):
        raise LeftDiffers
