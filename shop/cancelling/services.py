"""Cancelling of units by the account that bought them, on the terms as sold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.people.models import User
from accounts.second_person.money_back import goes_back_without_two
from catalog.pricing import ZERO
from common.again import again_after_deadlock
from common.refusals import Refused
from enrolments.seats.history.models import SeatEvent
from enrolments.seats.models import SeatState
from shop.cancelling.selectors import chosen_units, cost_of, offers_for
from shop.orders.giving_back.owed import owed_for
from shop.orders.giving_back.services import GivenBack, give_units_back
from shop.orders.locks import lock_order
from shop.payments.refunds.sending import NoProviderSends, send_back


class NothingToCancel(Refused):
    """Refusal because the units are not free any more, or the time for it is over."""

    message = gettext_lazy("These places can no longer be cancelled: somebody has them by now, or the time is over.")


class AmountChanged(Refused):
    """Refusal because another amount would go back than the page showed."""

    message = gettext_lazy("The amount has changed since the page was made. Look at it again.")


@dataclass(frozen=True)
class Cancelled:
    """Units given back with the amount taken off, and the part of it that is on its way back already."""

    given: GivenBack
    sent: Decimal


@again_after_deadlock
@transaction.atomic
def cancel_units(*, order_id: int, counts: Mapping[int, int], back: Decimal, actor: User, now: datetime) -> Cancelled:
    """Cancel so many free units of each line for the account, by line id; `back` is the amount that the page showed.

    Money that was not paid yet is asked for no more. The rest goes back the way it came, at once; where two people of
    the staff are asked for such an amount, or no provider sends it, the merchant sends it. Locks the order, then as
    `give_units_back` and `send_back`. Raises NothingToCancel, AmountChanged and the refusals of giving back.
    """
    order = lock_order(order_id)
    offers = offers_for(order_id, now=now)
    units = chosen_units(offers, counts)
    if not units or units.keys() != {line_id for line_id, count in counts.items() if count}:
        raise NothingToCancel
    if cost_of(offers, units).back != back:
        raise AmountChanged
    owed_before = owed_for(order)
    given = give_units_back(
        order_id=order_id, units=units, actor=actor, reason=_("Cancelled by the customer"), amount=back, now=now
    )
    if _somebody_had_one(list(units), now):
        # Assigned between the look at them and the lock of their courses: nobody loses a place by this.
        raise NothingToCancel
    return Cancelled(given, _send(order_id, owed_before, actor=actor, now=now))


def _somebody_had_one(line_ids: list[int], now: datetime) -> bool:
    revoked = SeatEvent.objects.filter(seat__batch__line_id__in=line_ids, to_state=SeatState.REVOKED, at=now)
    return revoked.exclude(from_state=SeatState.AVAILABLE).exists()


def _send(order_id: int, owed_before: Decimal, *, actor: User, now: datetime) -> Decimal:
    """Send what is owed back the way it came, unless something was owed before, or the amount asks for two people of
    the staff; return the amount sent."""
    owed = owed_for(lock_order(order_id))
    if not owed or owed_before or not goes_back_without_two(owed):
        return ZERO
    try:
        return send_back(order_id=order_id, owed=owed, actor=actor, now=now)
    except NoProviderSends:
        return ZERO
