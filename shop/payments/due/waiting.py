"""Overdue parts of an account's orders, for its overview."""

from __future__ import annotations

from datetime import datetime

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.members.models import Membership
from accounts.members.rights import Right, rights_of
from accounts.members.waiting import AT_MOST, Waits
from common.moments import local_day
from common.templatetags.money import money
from shop.orders.standing import CONFIRMED
from shop.orders.waiting import visible_orders
from shop.payments.requests.models import PaymentRequest
from shop.payments.requests.rests import rest

State = PaymentRequest.State


def overdue_parts(membership: Membership, now: datetime) -> list[Waits]:
    """Tell which parts of confirmed orders the account should have paid before today, the oldest first, at most
    `AT_MOST`. One query."""
    may_pay = Right.PAY in rights_of(membership)
    late = PaymentRequest.objects.filter(
        order__in=visible_orders(membership).filter(status__in=CONFIRMED),
        state__in=(State.OPEN, State.COVERED),
        replaced_at__isnull=True,
        due_on__lt=local_day(now),
    ).exclude(promise=PaymentRequest.Promise.OPCO)
    rests = late.annotate(rest=rest()).filter(rest__gt=0)
    found = []
    for part in rests.select_related("order").order_by("due_on", "pk")[:AT_MOST]:
        text = _("Order %(number)s: %(amount)s should have been paid by %(day)s.") % {
            "number": part.order.number,
            "amount": money(part.rest, part.order.currency),
            "day": date_format(part.due_on) if part.due_on else "",
        }
        action = _("Pay") if may_pay else _("See the order")
        found.append(Waits(text, reverse("order", args=[part.order.token]), action, is_wrong=True))
    return found
