"""Orders of an account that wait for money or could not be delivered, for its overview."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.members.models import Membership
from accounts.members.rights import Right, rights_of
from accounts.members.waiting import AT_MOST, Waits
from common.templatetags.money import money
from common.words import moment_in_words
from shop.orders.lines.models import OrderLine
from shop.orders.models import Order
from shop.orders.standing import Standing, standing_of, with_standing


def unpaid_orders(membership: Membership, now: datetime) -> list[Waits]:
    """Tell which orders are not paid, the first to end first. One query."""
    may_pay = Right.PAY in rights_of(membership)
    unpaid = visible_orders(membership).filter(status=Order.Status.PLACED, expires_at__gt=now)
    orders = list(with_standing(unpaid).order_by("expires_at", "pk")[: AT_MOST + 1])
    found = []
    for order in orders[:AT_MOST]:
        action = _("Pay") if may_pay and not order.is_free else _("See the order")
        found.append(Waits(_unpaid(standing_of(order)), reverse("order", args=[order.token]), action))
    return found + _more(membership, len(orders), _("Further orders are not paid."))


def _unpaid(standing: Standing) -> str:
    order = standing.order
    said = {
        "number": order.number,
        "total": money(order.gross, order.currency),
        "rest": money(order.gross - standing.received, order.currency),
        "end": moment_in_words(order.expires_at),
    }
    if standing.received > 0:
        return _("%(rest)s of order %(number)s are still to be paid. It is kept until %(end)s.") % said
    return _("Order %(number)s of %(total)s is not paid. It is kept until %(end)s.") % said


def failed_deliveries(membership: Membership, now: datetime) -> list[Waits]:
    """Tell which paid orders could not be delivered in full, the newest first. One query."""
    failed = OrderLine.objects.filter(order=OuterRef("pk"), status=OrderLine.Status.FAILED)
    orders = list(
        visible_orders(membership).filter(Exists(failed), status=Order.Status.PAID).order_by("-pk")[: AT_MOST + 1]
    )
    found = [
        Waits(
            _("Order %(number)s could not be delivered in full. We have been told of it.") % {"number": order.number},
            reverse("order", args=[order.token]),
            _("See why"),
            is_wrong=True,
        )
        for order in orders[:AT_MOST]
    ]
    return found + _more(membership, len(orders), _("Further orders could not be delivered in full."), is_wrong=True)


def visible_orders(membership: Membership) -> QuerySet[Order]:
    """Return the account's orders that the member may see: all, or their own only."""
    orders = Order.objects.filter(account_id=membership.account_id)
    sees_all = Right.SEE_ALL_ORDERS in rights_of(membership)
    return orders if sees_all else orders.filter(buyer_id=membership.user_id)


def _more(membership: Membership, number: int, text: str, *, is_wrong: bool = False) -> list[Waits]:
    if number <= AT_MOST:
        return []
    url = reverse("account-orders", args=[membership.account_id])
    return [Waits(text, url, _("See all orders"), is_wrong=is_wrong)]
