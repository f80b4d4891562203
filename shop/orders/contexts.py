"""Lines of an order as the plain values that handlers see."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, TypedDict

from django.db.models import Exists, OuterRef

from handlers.contract import Handler, HandlerMissing, LineContext, Refusal
from handlers.registry import handler_for
from shop.orders.lines.models import OrderLine
from shop.orders.locks import lock_order, lock_order_of_line
from shop.orders.models import Order
from shop.orders.units import units_left

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations


class AmongOthers(TypedDict):
    """Columns added to a line by `line_with_people`."""

    is_last_open: bool


def handler_of(line: OrderLine) -> Handler | None:
    """Return the handler of a sold line, None if it has none.

    Raises HandlerMissing if it is no longer installed, and HookBroken if it cannot read the line's parameters.
    """
    handler = handler_for(line.handler, line.entry_code)
    if handler is not None and handler.version != line.handler_version:
        handler.upgrade(line.parameters, line.handler_version)
    return handler


def enrols_buyer(line: OrderLine) -> bool:
    """Tell whether a line puts its buyer into a course, and nobody else; no for a handler that is gone."""
    with suppress(HandlerMissing):
        handler = handler_of(line)
        return handler is not None and handler.enrols_buyer
    return False


def line_contexts(order: Order, lines: Iterable[OrderLine], *, now: datetime) -> dict[int, LineContext]:
    """Return a context per line, by line id. One query for the units not given back, whatever their number.

    `order` comes with account, buyer and operator loaded (`order_with_people`). Parameters sold under an older version
    of the handler are upgraded in the context; the row keeps them as sold, and so does the context of a line whose
    handler cannot be used: `handler_of` refuses it.
    """
    lines = list(lines)
    units = units_left(lines)
    return {
        line.pk: LineContext(
            order_id=order.pk,
            order_number=order.number,
            line_id=line.pk,
            account=order.account,
            buyer=order.buyer,
            contact_email=order.contact_email,
            contact_name=order.contact_name,
            operator=order.operator,
            language=order.language,
            entry_code=line.entry_code,
            entry_name=line.entry_name,
            quantity=line.quantity,
            parameters=_current_parameters(line),
            units=units[line.pk],
            paid_at=order.paid_at,
            now=now,
            fields_asked=line.fields_asked,
            move_days_before=line.move_days_before,
        )
        for line in lines
    }


def order_with_people(order_id: int) -> Order:
    """Return the order, locked until the end of the transaction, with account, buyer and operator."""
    lock_order(order_id)
    # Two queries: one that both locks and joins would, after waiting for the lock, return the current order with the
    # people joined before the wait.
    return Order.objects.select_related("account", "buyer", "operator").get(pk=order_id)


def line_with_people(line_id: int) -> WithAnnotations[OrderLine, AmongOthers]:
    """Return a line with `line.order` locked and loaded as by `order_with_people`.

    `line.is_last_open` tells whether every other line of the order is fulfilled or given back.
    """
    lock_order_of_line(line_id)
    others = OrderLine.objects.filter(order=OuterRef("order")).exclude(pk=OuterRef("pk"))
    lines = OrderLine.objects.annotate(is_last_open=~Exists(others.exclude(status__in=OrderLine.DONE)))
    return lines.select_related("order__account", "order__buyer", "order__operator").get(pk=line_id)


def _current_parameters(line: OrderLine) -> dict[str, object]:
    try:
        handler = handler_of(line)
    except Refusal:
        return line.parameters
    if handler is None or handler.version == line.handler_version:
        return line.parameters
    return handler.upgrade(line.parameters, line.handler_version)
