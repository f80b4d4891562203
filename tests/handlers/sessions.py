"""A session sold in the course SEC-01, for the tests of sessions."""

import datetime

from django.utils import translation

from enrolments.grounds.models import Enrolment
from handlers.testing import account_with_operator, deliver, line_context, place, units, visitor_line

NAME = "std_setuponecoursesession"
NOW = datetime.datetime(2026, 3, 2, 9, 0, tzinfo=datetime.UTC)


def sold(*answers, blank=0, account=None, operator=None, order_id=None, **typed):
    if account is None:
        account, operator = account_with_operator()
    return line_context(
        NAME,
        account=account,
        operator=operator,
        units=units(*answers, blank=blank),
        typed={"coursename": "SEC-01"} | typed,
        now=NOW,
        order_id=order_id,
    )


def sold_to_visitor(*answers, email="visitor@example.org", **typed):
    return visitor_line(NAME, email=email, units=units(*answers), typed={"coursename": "SEC-01"} | typed, now=NOW)


def buy(line):
    """Place an order and deliver it."""
    place(NAME, line)
    return deliver(NAME, line)


def in_english(text):
    with translation.override("en"):
        return str(text)


def people_in(course, role):
    enrolments = Enrolment.objects.filter(course=course, role__code=role, closed_at=None)
    return sorted(enrolments.values_list("user__email", flat=True))
