"""Right to withdraw as an order's page shows it, and withdrawals that wait for the merchant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from shop.orders.lines.models import OrderLine
from shop.orders.models import Order
from shop.orders.standing import CONFIRMED
from shop.withdrawal.delay import delay_ends, may_withdraw, withdrawable
from shop.withdrawal.models import Withdrawal


@dataclass(frozen=True)
class RightToWithdraw:
    """End of the delay, whether it is open now, and the withdrawal received."""

    ends_at: datetime
    is_open: bool
    received: Withdrawal | None


def right_to_withdraw(order: Order, *, now: datetime) -> RightToWithdraw | None:
    """Return a private person's right to withdraw from an order; None for other buyers, and for orders of nothing but
    digital content asked for at once. Three queries at most."""
    ends_at = delay_ends(order)
    if ends_at is None or not withdrawable(order):
        return None
    received = Withdrawal.objects.filter(order=order).first()
    return RightToWithdraw(ends_at, received is None and may_withdraw(order, now), received)


def to_settle() -> QuerySet[Order]:
    """Return orders withdrawn from that still have something to give back."""
    waived = Q(is_digital_content=True, order__withdrawal_waived_at__isnull=False)
    left = OrderLine.objects.filter(order=OuterRef("pk")).exclude(waived).exclude(status=OrderLine.Status.GIVEN_BACK)
    alive = Order.objects.filter(status__in=CONFIRMED)
    return alive.filter(Exists(left), withdrawal__isnull=False, withdrawal__lifted_at__isnull=True)
