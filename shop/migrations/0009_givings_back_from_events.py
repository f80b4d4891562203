"""Rows of `GivingBack` for units given back before there were any, read from the history of the orders.

Orders called refunded although nothing was paid back become completed. A unit whose event cannot be read gets a row
without an amount, and its order keeps its status. Some hundred orders at a time, each batch in a transaction of its own
that locks them; run again, the migration goes on where rows are missing.
"""

import re
from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from django.db import migrations, transaction
from django.db.models import Max
from django.utils import timezone

BATCH = 200
CENT = Decimal("0.01")
REASON = {"en": "Nothing was paid back.", "fr": "Rien n’a été remboursé."}


class Unreadable(Exception):
    """Refusal of an event whose line, units or worth cannot be read."""


def read_events(apps, schema_editor):
    Order = apps.get_model("shop", "Order")
    last = 0
    while True:
        with transaction.atomic():
            found = Order.objects.select_for_update(no_key=True).filter(pk__gt=last).order_by("pk")
            orders = {order.pk: order for order in found[:BATCH]}
            if not orders:
                return
            _read_batch(apps, orders)
            last = max(orders)


def _read_batch(apps, orders):
    models = {name: apps.get_model("shop", name) for name in ("GivingBack", "OrderEvent", "OrderLine", "OrderUnit")}
    GivingBack, OrderEvent = models["GivingBack"], models["OrderEvent"]
    events = list(OrderEvent.objects.filter(order__in=orders, what="units_given_back").order_by("pk"))
    units = models["OrderUnit"].objects.filter(line__order__in=orders, given_back_at__isnull=False)
    marked = list(units.order_by("line_id", "index").values_list("line_id", "index", "given_back_at"))
    concerned = {event.order_id for event in events}
    lines = {line.pk: line for line in models["OrderLine"].objects.filter(order__in=orders)}
    concerned |= {lines[line_id].order_id for line_id, _index, _at in marked}
    taken = defaultdict(set)
    for line_id, first, last in GivingBack.objects.filter(line__in=lines).values_list(
        "line_id", "first_index", "last_index"
    ):
        taken[line_id].update(range(first, last + 1))
    by_position = {(line.order_id, line.position): line for line in lines.values()}

    rows, unread = [], set()
    for event in events:
        try:
            line, parts, worth = _read(event, by_position)
        except Unreadable:
            unread.add(event.order_id)
            continue
        free = [part for part in parts if taken[line.pk].isdisjoint(range(part[0], part[1] + 1))]
        if not free:
            continue  # read before
        if free != parts:
            unread.add(event.order_id)
            continue
        for first, last in parts:
            taken[line.pk].update(range(first, last + 1))
        for (first, last), amount in zip(parts, _shares(worth, parts), strict=True):
            rows.append(
                GivingBack(
                    line_id=line.pk, first_index=first, last_index=last, amount=amount,
                    why="refunded" if worth else "cancelled", at=event.at, actor_id=event.actor_id,
                    reason=str(event.detail.get("reason") or ""),
                )
            )  # fmt: skip
    open_part = None
    for line_id, index, at in marked:
        if index in taken[line_id]:
            continue
        unread.add(lines[line_id].order_id)
        part = open_part
        if part is not None and (part.line_id, part.last_index + 1, part.at) == (line_id, index, at):
            part.last_index = index
            continue
        open_part = GivingBack(
            line_id=line_id, first_index=index, last_index=index, amount=0, why="cancelled", at=at, reason=""
        )
        rows.append(open_part)
    GivingBack.objects.bulk_create(rows, batch_size=1000)
    refunded = [order for order in orders.values() if order.status == "refunded" and order.pk in concerned - unread]
    _complete(apps, refunded)


def _read(event, by_position):
    """Return the line of an event, the ranges of its units counted from 0, and the worth. Raises Unreadable."""
    detail = event.detail if isinstance(event.detail, dict) else {}
    position, written, worth = detail.get("line"), detail.get("units"), detail.get("worth")
    line = by_position.get((event.order_id, position)) if isinstance(position, int) else None
    if line is None or not isinstance(written, str):
        raise Unreadable
    parts = []
    for part in written.split(","):
        read = re.fullmatch(r"\s*([0-9]{1,9})(?:-([0-9]{1,9}))?\s*", part)
        if read is None:
            raise Unreadable
        first, last = int(read[1]) - 1, int(read[2] or read[1]) - 1
        if not (parts[-1][1] if parts else -1) < first <= last < line.quantity:
            raise Unreadable
        parts.append((first, last))
    try:
        amount = Decimal(str(worth))
    except InvalidOperation:
        raise Unreadable from None
    if not amount.is_finite() or not 0 <= amount <= line.gross or amount != amount.quantize(CENT):
        raise Unreadable
    return line, parts, amount


def _shares(worth, parts):
    """Share the worth of an act among its ranges by their numbers of units: their single prices were not recorded."""
    units, before, shares = 0, Decimal(0), []
    total = sum(last - first + 1 for first, last in parts)
    for first, last in parts:
        units += last - first + 1
        until = (worth * units / total).quantize(CENT, ROUND_HALF_UP)
        shares.append(until - before)
        before = until
    return shares


def _complete(apps, refunded):
    """Complete the refunded orders for which nothing was paid back."""
    Order, OrderEvent = apps.get_model("shop", "Order"), apps.get_model("shop", "OrderEvent")
    GivingBack = apps.get_model("shop", "GivingBack")
    rows = GivingBack.objects.filter(line__order__in=refunded).order_by()
    given_back = dict(rows.values_list("line__order").annotate(Max("at")))
    paid_back = set(rows.filter(amount__gt=0).values_list("line__order", flat=True))
    history = []
    for order in refunded:
        if order.pk in paid_back or order.paid_at is None:
            continue
        Order.objects.filter(pk=order.pk).update(
            status="completed", completed_at=order.completed_at or given_back[order.pk]
        )
        history.append(
            OrderEvent(
                order_id=order.pk, at=timezone.now(), what="completed", from_status="refunded", to_status="completed",
                detail={"reason": REASON},
            )
        )  # fmt: skip
    OrderEvent.objects.bulk_create(history)


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('shop', '0008_giving_back'),
    ]

    operations = [
        migrations.RunPython(read_events, migrations.RunPython.noop),
    ]
