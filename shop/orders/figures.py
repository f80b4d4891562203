"""Figures of the merchant: sales by week or day, unpaid orders, failed lines.

Money sold and money owed back are sums over the ledger; an order that waits for money is not in it yet.

Days and weeks (from Monday) are in the shop's time zone, whatever the reader's. Each function makes one query, or two,
whose result grows with the length of the window or the number of payment methods, never with the number of orders.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from django.conf import settings
from django.db.models import Count, DateField, Exists, Min, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import Coalesce, TruncDay, TruncWeek
from django.utils import timezone

from billing.ledger.models import SOLD, Account
from billing.ledger.selectors import Open, open_by_order, sum_by_order
from common.currencies import from_minor_units
from common.moments import day_starts, local_day
from shop.orders.giving_back.models import GivingBack
from shop.orders.lines.models import OrderLine
from shop.orders.models import Order

WEEKS_SHOWN, DAYS_SHOWN = 12, 30


class Period(StrEnum):
    WEEK = "week"
    DAY = "day"


@dataclass(frozen=True)
class Sales:
    """Orders paid in one week or on one day. `gross`: with tax, less the amounts given back, in the shop's currency."""

    starts_on: date
    orders: int = 0
    gross: Decimal = Decimal("0.00")


@dataclass(frozen=True)
class Waiting:
    """Orders that wait for payment by one method ("" if none is chosen yet). `ages`: placed today, this week,
    earlier."""

    method: str
    orders: int
    gross: Decimal
    oldest_at: datetime
    ages: tuple[int, int, int]


@dataclass(frozen=True)
class FailedLines:
    lines: int
    orders: int


def waiting_for_money(orders: QuerySet[Order]) -> QuerySet[Order]:
    """Filter orders that are placed and not free: an order with a zero total waits for its link, never for money."""
    return orders.filter(status=Order.Status.PLACED, gross__gt=0)


def sales(*, period: Period, now: datetime) -> list[Sales]:
    """Return the sales of the last weeks or days, the current one last, those without a sale included.

    An order counts in the period of its payment, unless all of it was given back for money, paid back or still owed.
    Its total counts less the amounts of units
    given back, whenever they were given back. Units given back without money change nothing.
    """
    starts = _starts(period, local_day(now))
    truncate = TruncWeek if period is Period.WEEK else TruncDay
    first, zone = day_starts(starts[0]), timezone.get_default_timezone()
    lines_kept = OrderLine.objects.filter(order=OuterRef("pk")).exclude(status=OrderLine.Status.GIVEN_BACK)
    with_money = GivingBack.objects.filter(line__order=OuterRef("pk"), amount__gt=0)
    stands = ~Q(status=Order.Status.REFUNDED) & (Exists(lines_kept) | ~Exists(with_money))
    found = (
        Order.objects.filter(paid_at__gte=first, currency=settings.SHOP_CURRENCY)
        .annotate(sold=sum_by_order(*SOLD))
        .order_by()
        .values(on=truncate("paid_at", output_field=DateField(), tzinfo=zone))
        .annotate(orders=Count("pk", filter=stands), units=Coalesce(Sum("sold"), 0))
    )
    by_start = {row["on"]: Sales(row["on"], row["orders"], _in_currency(-row["units"])) for row in found}
    return [by_start.get(start, Sales(start)) for start in starts]


def waiting_by_method(*, now: datetime) -> list[Waiting]:
    """Return the orders that wait for payment, by method, the largest sum first."""
    today, week = (day_starts(start) for start in age_starts(now))
    found = (
        waiting_for_money(Order.objects.filter(currency=settings.SHOP_CURRENCY))
        .order_by()
        .values("method")
        .annotate(
            orders=Count("pk"),
            total=Sum("gross"),
            oldest_at=Min("placed_at"),
            fresh=Count("pk", filter=Q(placed_at__gte=today)),
            older=Count("pk", filter=Q(placed_at__lt=week)),
        )
        .order_by("-total", "method")
    )
    return [
        Waiting(
            method=row["method"],
            orders=row["orders"],
            gross=row["total"],
            oldest_at=row["oldest_at"],
            ages=(row["fresh"], row["orders"] - row["fresh"] - row["older"], row["older"]),
        )
        for row in found
    ]


def failed_lines() -> FailedLines:
    failed = OrderLine.objects.filter(status=OrderLine.Status.FAILED)
    return FailedLines(**failed.aggregate(lines=Count("pk"), orders=Count("order", distinct=True)))


def owed_back() -> Open:
    """Return the orders for which the ledger owes refunds, and their sum in the shop's currency."""
    return open_by_order(Account.REFUNDS_OWED, currency=settings.SHOP_CURRENCY)


def age_starts(now: datetime) -> tuple[date, date]:
    """Return the first days of two ages: placed today, and placed within the last seven days. Older orders have no
    first day."""
    today = local_day(now)
    return today, today - timedelta(days=6)


def _in_currency(units: int) -> Decimal:
    return from_minor_units(units, settings.SHOP_CURRENCY)


def _starts(period: Period, today: date) -> list[date]:
    if period is Period.DAY:
        return [today - timedelta(days=days) for days in reversed(range(DAYS_SHOWN))]
    monday = today - timedelta(days=today.weekday())
    return [monday - timedelta(weeks=weeks) for weeks in reversed(range(WEEKS_SHOWN))]
