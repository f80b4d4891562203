"""The merchant's figures on the start page: a chart, and a table of its numbers."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from common.admin.display import Column, Table, amount, anchor, columns, day
from common.languages import reader_language
from common.templatetags.money import grouped, percent
from enrolments.seats.models import SeatState
from enrolments.seats.selectors import seats_by_state
from shop.orders.admin.filters import MethodFilter, TodoFilter
from shop.orders.figures import Period, Sales, Waiting, age_starts, sales, waiting_by_method
from shop.payments.registry import method_label

SEAT_SHADES = {
    SeatState.AVAILABLE: "available",
    SeatState.ASSIGNED: "assigned",
    SeatState.CONSUMED: "consumed",
    SeatState.EXPIRED: "expired",
    SeatState.REVOKED: "revoked",
}


@dataclass(frozen=True)
class SalesView:
    """Sales by week or day. `value` and `options` are for Chart.js, as JSON."""

    period: Period
    summary: str
    title: str
    value: str
    options: str
    table: Table


@dataclass(frozen=True)
class WaitingView:
    orders: int
    summary: str
    url: str
    table: Table


@dataclass(frozen=True)
class Share:
    """One state's part of a bar: a CSS shade, and its width in per cent."""

    shade: str
    width: str


@dataclass(frozen=True)
class SeatsView:
    total: int
    shares: list[Share]
    table: Table


def sales_view(*, period: Period, now: datetime) -> SalesView:
    found = sales(period=period, now=now)
    orders = sum(one.orders for one in found)
    gross = sum((one.gross for one in found), Decimal("0.00"))
    said = {"orders": _orders(orders), "gross": amount(gross, settings.SHOP_CURRENCY)}
    if period is Period.WEEK:
        summary = _("%(gross)s in the last 12 weeks, from %(orders)s.") % said
        title, heading = _("Sales by week"), _("Week from")
    else:
        summary = _("%(gross)s in the last 30 days, from %(orders)s.") % said
        title, heading = _("Sales by day"), _("Day")
    rows: list[list[object]] = [
        [date_format(one.starts_on, "DATE_FORMAT"), grouped(one.orders), amount(one.gross, settings.SHOP_CURRENCY)]
        for one in reversed(found)
    ]
    headings = columns(heading, Column(_("Orders"), is_amount=True), Column(_("Total incl. tax"), is_amount=True))
    return SalesView(
        period=period,
        summary=summary,
        title=title,
        value=_chart(found),
        options=json.dumps(_chart_options()),
        table=Table(headings, rows),
    )


def _chart(found: list[Sales]) -> str:
    data = {
        "labels": [date_format(one.starts_on, "SHORT_DATE_FORMAT") for one in found],
        "datasets": [
            {
                "label": _("Total incl. tax, %(currency)s") % {"currency": settings.SHOP_CURRENCY},
                "data": [float(one.gross) for one in found],
                "backgroundColor": "var(--color-primary-500)",
                "borderRadius": 3,
            }
        ],
    }
    return json.dumps(data)


def _chart_options() -> dict[str, Any]:
    """Return the chart's options: plain values, since unfold reads them from an attribute. `locale` makes Chart.js
    write numbers like the reader."""
    language = reader_language()
    # Both bounds: the minimum of most currencies, two digits, would exceed the maximum, an error in some browsers.
    money = {
        "style": "currency",
        "currency": settings.SHOP_CURRENCY,
        "minimumFractionDigits": 0,
        "maximumFractionDigits": 0,
    }
    ticks = {"color": "#8b919c"}
    return {
        "locale": language,
        "animation": False,
        "responsive": True,
        "maintainAspectRatio": False,
        "plugins": {"legend": {"display": False}},
        "scales": {
            "x": {"grid": {"display": False}, "ticks": ticks | {"maxRotation": 0, "autoSkip": True}},
            "y": {
                "beginAtZero": True,
                "grid": {"tickWidth": 0},
                "ticks": ticks | {"format": money, "maxTicksLimit": 6},
            },
        },
    }


def waiting_view(*, now: datetime) -> WaitingView:
    """Collect the money owed, by way of payment and by the day the order was placed; each number links to its
    orders."""
    found = waiting_by_method(now=now)
    orders = sum(one.orders for one in found)
    gross = sum((one.gross for one in found), Decimal("0.00"))
    today, within_a_week = age_starts(now)
    ages: tuple[dict[str, Any], ...] = (
        {"placed_at_from": today},
        {"placed_at_from": within_a_week, "placed_at_to": today - timedelta(days=1)},
        {"placed_at_to": within_a_week - timedelta(days=1)},
    )
    rows: list[list[object]] = [
        [
            _number_of(one.orders, one, text=_method(one)),
            grouped(one.orders),
            amount(one.gross, settings.SHOP_CURRENCY),
            *(_number_of(count, one, **age) for count, age in zip(one.ages, ages, strict=True)),
            day(one.oldest_at),
        ]
        for one in found
    ]
    headings = columns(
        _("Payment method"),
        Column(_("Orders"), is_amount=True),
        Column(_("Total incl. tax"), is_amount=True),
        Column(_("placed today"), is_amount=True),
        Column(_("1 to 6 days ago"), is_amount=True),
        Column(_("7 days ago or more"), is_amount=True),
        _("Oldest"),
    )
    said = {"orders": _orders(orders), "gross": amount(gross, settings.SHOP_CURRENCY)}
    return WaitingView(
        orders=orders,
        summary=_("%(gross)s from %(orders)s.") % said,
        url=waiting_url(),
        table=Table(headings, rows, empty=_("No order waits for money.")),
    )


def _method(one: Waiting) -> str:
    return method_label(one.method) if one.method else _("not chosen yet")


def _number_of(count: int, one: Waiting, *, text: str = "", **age: object) -> SafeString | str:
    """Link a number to the orders it counts."""
    if not count:
        return "0"
    url = waiting_url(**{MethodFilter.parameter_name: one.method or MethodFilter.NONE, **age})
    return anchor(url, text or grouped(count))


def waiting_url(**more: object) -> str:
    return reverse("admin:shop_order_changelist", query={TodoFilter.parameter_name: TodoFilter.MONEY, **more})


def seats_view(now: datetime) -> SeatsView:
    counts = seats_by_state(now=now)
    total = sum(counts.values())
    url = reverse("admin:enrolments_seat_changelist")
    rows: list[list[object]] = [
        [
            format_html(
                '<span><span class="amphi-shade amphi-seat-{}" aria-hidden="true"></span> '
                '<a class="amphi-link" href="{}?state={}">{}</a></span>',
                SEAT_SHADES[state],
                url,
                state.value,
                state.label,
            ),
            grouped(count),
            percent(_share(count, total)),
        ]
        for state, count in counts.items()
    ]
    headings = columns(_("State"), Column(_("Seats"), is_amount=True), Column(_("Share"), is_amount=True))
    shares = [
        Share(SEAT_SHADES[state], f"{100 * count / total:.3f}") for state, count in counts.items() if count and total
    ]
    return SeatsView(total=total, shares=shares, table=Table(headings, rows))


def _share(count: int, total: int) -> Decimal:
    return (Decimal(100 * count) / total).quantize(Decimal("0.1")) if total else Decimal(0)


def _orders(count: int) -> str:
    return ngettext("%(count)s order", "%(count)s orders", count) % {"count": grouped(count)}
