"""Invoices that wait until the service is rendered: of public mandates, for accounts that want it so."""

from __future__ import annotations

from datetime import date, datetime
from itertools import islice

from common.moments import local_day
from enrolments.courses.services import find_courses
from handlers.contract import HandlerMissing
from handlers.faults import HookBroken
from shop.orders.contexts import handler_of
from shop.orders.lines.models import OrderLine
from shop.papers.models import AFTER_SERVICE, MissingPaper
from shop.papers.services import NothingToInvoice, StillMissing, issue_by_hand

ORDERS_A_RUN = 200


def issue_after_service(*, now: datetime) -> int:
    """Issue the invoices that waited for a service whose last day is over; return the number of orders. An order whose
    last day nobody knows, as of seats not assigned yet, waits for the merchant, who issues it by hand; it keeps none
    that came after it from their turn."""
    waiting = MissingPaper.objects.filter(faults=[AFTER_SERVICE]).order_by("pk").values_list("order_id", flat=True)
    over = (order_id for order_id in list(waiting) if _is_over(order_id, local_day(now)))
    return sum(_issue(order_id, now=now) for order_id in islice(over, ORDERS_A_RUN))


def _is_over(order_id: int, today: date) -> bool:
    last = last_day_of(list(OrderLine.objects.filter(order=order_id)))
    return last is not None and last < today


def _issue(order_id: int, *, now: datetime) -> bool:
    try:
        issue_by_hand(order_id=order_id, actor=None, now=now)
    except NothingToInvoice:
        return False
    except StillMissing as missing:
        MissingPaper.objects.filter(order=order_id, faults=[AFTER_SERVICE]).update(faults=missing.faults)
    return True


def last_day_of(lines: list[OrderLine]) -> date | None:
    """Return the last day of the courses that lines were sold for; None where one of them has none, or cannot be told.
    Lines without courses do not count. One query for each line with a course."""
    days: list[date] = []
    for line in lines:
        try:
            handler = handler_of(line)
            names = handler.courses(line.parameters) if handler is not None else []
        except (HandlerMissing, HookBroken):
            return None
        courses = list(find_courses(names).values()) if names else []
        known = [course.last_day for course in courses if course.last_day is not None]
        if len(known) < len(courses) or (handler is not None and not courses):
            return None
        days += known
    return max(days, default=None)
