"""Card of the overview of an account: its latest orders."""

from __future__ import annotations

from datetime import datetime

from django.template.loader import render_to_string

from accounts.members.models import Membership
from accounts.members.rights import Right, rights_of
from shop.orders.standing import standing_of, with_standing
from shop.orders.waiting import visible_orders

AT_MOST = 4


def orders_card(membership: Membership, now: datetime) -> str:
    """Draw the latest orders that the member may see. One statement."""
    context = {
        "account_id": membership.account_id,
        "orders": [standing_of(order) for order in with_standing(visible_orders(membership)).order_by("-pk")[:AT_MOST]],
        "may_buy": Right.BUY in rights_of(membership),
    }
    return render_to_string("orders/card.html", context)
