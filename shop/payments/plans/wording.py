"""Plans of payment in words, for customers and merchants."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from common.templatetags.money import money
from shop.orders.models import Order
from shop.payments.plans.selectors import OfferedPlan
from shop.payments.requests.planning import Part

# Longer plans are told by their first and last day.
LISTED = 4


def parts_in_words(parts: Sequence[Part], currency: str) -> str:
    """Write amount and day of each part; of many equal ones, how many, from when, and until when."""
    if len(parts) <= LISTED:
        return ", ".join(_part(part, currency) for part in parts)
    head, rest = ([], parts) if parts[0].amount == parts[1].amount else ([parts[0]], parts[1:])
    first, last = rest[0], rest[-1]
    text = _("%(count)d parts of %(amount)s from %(first)s to %(last)s") % {
        "count": len(rest),
        "amount": money(first.amount, currency),
        "first": _day(first),
        "last": _day(last),
    }
    if last.amount != first.amount:
        text = _("%(parts)s, the last of %(amount)s") % {"parts": text, "amount": money(last.amount, currency)}
    return ", ".join([*(_part(part, currency) for part in head), text])


def plan_in_words(plan: OfferedPlan, currency: str) -> str:
    """Write the parts of a plan, and when it is delivered."""
    return f"{parts_in_words(plan.parts, currency)}. {release_in_words(plan.release_rule)}"


def release_in_words(rule: str) -> str:
    """Tell customers when what they order is delivered."""
    if rule == Order.ReleaseRule.FIRST:
        return _("We deliver once the first part is paid.")
    return _("We deliver once everything is paid.")


def _part(part: Part, currency: str) -> str:
    if part.due_on is None:
        return _("%(amount)s at once") % {"amount": money(part.amount, currency)}
    return _("%(amount)s by %(day)s") % {"amount": money(part.amount, currency), "day": _day(part)}


def _day(part: Part) -> str:
    return date_format(part.due_on, "DATE_FORMAT") if part.due_on else _("at once")
