"""Moves of an order and its lines: the one table of allowed moves, each made by compare-and-set."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from common.plain_inserts import insert_row
from shop.orders.history.models import OrderEvent
from shop.orders.lines.models import OrderLine
from shop.orders.models import Order

if TYPE_CHECKING:
    from accounts.people.models import User

ORDER_MOVES: dict[str, frozenset[str]] = {
    Order.Status.PLACED: frozenset({Order.Status.PAID, Order.Status.CANCELLED, Order.Status.EXPIRED}),
    Order.Status.EXPIRED: frozenset({Order.Status.PAID}),
    Order.Status.CANCELLED: frozenset({Order.Status.PAID}),
    Order.Status.PAID: frozenset({Order.Status.COMPLETED, Order.Status.REFUNDED}),
    Order.Status.COMPLETED: frozenset({Order.Status.REFUNDED}),
    Order.Status.REFUNDED: frozenset({Order.Status.COMPLETED}),
}

LINE_MOVES: dict[str, frozenset[str]] = {
    OrderLine.Status.PENDING: frozenset(
        {OrderLine.Status.FULFILLED, OrderLine.Status.FAILED, OrderLine.Status.GIVEN_BACK}
    ),
    OrderLine.Status.FAILED: frozenset({OrderLine.Status.PENDING, OrderLine.Status.GIVEN_BACK}),
    OrderLine.Status.FULFILLED: frozenset({OrderLine.Status.GIVEN_BACK}),
    OrderLine.Status.GIVEN_BACK: frozenset(),
}


class MoveRefused(Exception):
    """Refusal of a move that the table does not allow, or that another transaction has forestalled."""


def move_order(
    order: Order,
    to: str,
    *,
    what: str,
    actor: User | None,
    now: datetime,
    detail: dict[str, Any] | None = None,
    **columns: Any,
) -> OrderEvent:
    """Move a locked order to the status `to`, with the new values of `columns`; return its history row.

    Raises MoveRefused if the move is not allowed or the row has another status by now.
    """
    before = order.status
    if to not in ORDER_MOVES[before]:
        raise MoveRefused(f"order {order.pk}: {before} → {to}")
    if Order.objects.filter(pk=order.pk, status=before).update(status=to, **columns) != 1:
        raise MoveRefused(f"order {order.pk} is not {before} any more")
    order.status = to
    for name, value in columns.items():
        setattr(order, name, value)
    return record(order, what, actor=actor, now=now, from_status=before, to_status=to, detail=detail)


def move_line(line: OrderLine, to: str, **columns: Any) -> None:
    """Move a line of a locked order. Raises MoveRefused like `move_order`."""
    move_lines([line], to, **columns)


def move_lines(lines: Sequence[OrderLine], to: str, **columns: Any) -> None:
    """Move lines of a locked order, all of one status, in one statement. Raises MoveRefused like `move_order`."""
    for before in {line.status for line in lines}:
        if to not in LINE_MOVES[before]:
            raise MoveRefused(f"lines {[line.pk for line in lines]}: {before} → {to}")
        still = OrderLine.objects.filter(pk__in=[line.pk for line in lines], status=before)
        if still.update(status=to, **columns) != len(lines):
            raise MoveRefused(f"lines {[line.pk for line in lines]} are not all {before} any more")
    for line in lines:
        line.status = to
        for name, value in columns.items():
            setattr(line, name, value)


def record(
    order: Order,
    what: str,
    *,
    actor: User | None,
    now: datetime,
    from_status: str = "",
    to_status: str = "",
    detail: dict[str, Any] | None = None,
) -> OrderEvent:
    """Write a row of an order's history; return it."""
    event = OrderEvent(
        order=order,
        at=now,
        actor=actor,
        what=what,
        from_status=from_status,
        to_status=to_status,
        detail=detail or {},
    )
    insert_row(event)
    return event
