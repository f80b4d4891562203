"""Current operator of an order: chosen with the order, and checked again before a hook gets the operator."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from accounts.members.operators import standing_operator
from accounts.people.models import User
from handlers.contract import LineContext
from shop.orders.history.models import OrderEvent
from shop.orders.models import Order
from shop.orders.transitions import record


def take_operator(order: Order, *, now: datetime) -> User | None:
    """Return the operator of a locked order at its delivery; None for an unclaimed order, and if the account has no
    owner or operator left.

    If the operator chosen is no longer an owner or operator of the account, an owner takes the part, for this and all
    later lines, and the history records it. Locks the account's memberships FOR SHARE, after the courses.
    """
    if order.operator is None:
        return None
    standing = standing_operator(account=order.account, chosen=order.operator)
    if standing is not None and standing != order.operator:
        Order.objects.filter(pk=order.pk).update(operator=standing)
        record(order, OrderEvent.What.OPERATOR_REPLACED, actor=None, now=now, detail={"operator": standing.pk})
    order.operator = standing
    return standing


def with_standing_operator(contexts: dict[int, LineContext]) -> dict[int, LineContext]:
    """Return the contexts of an order's lines with its current operator, for hooks that deliver nothing.

    Locks like `take_operator`. One query, none for an unclaimed order.
    """
    chosen = next(((each.account, each.operator) for each in contexts.values()), None)
    if chosen is None or chosen[1] is None:
        return contexts
    standing = standing_operator(account=chosen[0], chosen=chosen[1])
    return {line_id: replace(context, operator=standing) for line_id, context in contexts.items()}
