"""Delay in which a private person may withdraw from a contract concluded at a distance.

CC L221-18: 14 days, counted from the day after the contract (L221-19); the last day runs to its end and moves to the
next working day when it is a Saturday, a Sunday or a holiday (règlement 1182/71, art. 3).
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import cache

import holidays

from common.moments import day_ends, local_day
from shop.checkout.buyers import rules_for
from shop.orders.lines.models import OrderLine
from shop.orders.models import Order
from shop.orders.standing import NOT_ENDED

SATURDAY = 5


def delay_ends(order: Order) -> datetime | None:
    """Return the moment at which the right to withdraw ends; None for buyers without that right."""
    days = rules_for(order.bought_by).withdrawal_days
    return None if days is None else day_ends(_working(local_day(order.placed_at) + timedelta(days=days)))


def may_withdraw(order: Order, now: datetime) -> bool:
    """Tell whether the delay runs, and the order has not ended; whether somebody withdrew already is not asked. One
    query for an order with digital content, else none: nobody withdraws from that."""
    ends_at = delay_ends(order)
    return ends_at is not None and order.status in NOT_ENDED and now < ends_at and withdrawable(order)


def withdrawable(order: Order) -> bool:
    """Tell whether something of an order may be withdrawn from: all but digital content that its buyer asked for at
    once (CC L221-28, 13°)."""
    return order.withdrawal_waived_at is None or bool(withdrawable_lines(order))


def withdrawable_lines(order: Order) -> list[OrderLine]:
    """Return the lines of an order that may be withdrawn from, by position. One query."""
    waived = {} if order.withdrawal_waived_at is None else {"is_digital_content": False}
    return list(OrderLine.objects.filter(order=order, **waived).order_by("position"))


def _working(day: date) -> date:
    while day.weekday() >= SATURDAY or day in _holidays(day.year):
        day += timedelta(days=1)
    return day


@cache
def _holidays(year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays("FR", years=year))
