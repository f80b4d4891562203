"""Operator of what is placed without an operator at hand: by a join link, by a request accepted earlier."""

from __future__ import annotations

from collections.abc import Callable

from accounts.members.models import CustomerAccount
from accounts.members.operators import standing_operator
from accounts.members.parts import Part
from accounts.people.models import User
from common.registry import Registry

# Called with the key of an order; returns its operator, None where it has none.
ORDER_OPERATORS: Registry[Callable[[int], User | None]] = Registry("operator of an order")


def placing_operator(
    *,
    account: CustomerAccount,
    chosen: User,
    order_id: int,
    is_within: Callable[[Part], bool] = lambda _part: False,
) -> User | None:
    """Return the operator of what `chosen` has arranged: `chosen` while an owner or operator of the account, else the
    order's operator, else the owner who joined first.

    `is_within` tells whether what is placed belongs to the part of the account that an operator is limited to. None
    when nobody is left. Locks like `standing_operator`: to be called after the courses are locked.
    """
    of_order = next((found for find in ORDER_OPERATORS if (found := find(order_id)) is not None), None)
    return standing_operator(
        account=account,
        chosen=chosen,
        otherwise=of_order,
        serves=lambda member: (part := Part.of(member)) is None or is_within(part),
    )
