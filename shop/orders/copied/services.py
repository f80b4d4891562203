"""Taking what orders copied of people off them: kept for accounting alone, or blanked. The only code that does it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from common.traces import IN_PLACE, mask, without_in
from shop.notes.models import Note
from shop.orders.copied.columns import COPIED, TAKEN_OFF
from shop.orders.copied.models import KeptBilling
from shop.orders.copied.needed import billing_needed
from shop.orders.giving_back.models import GivingBack
from shop.orders.models import WITHOUT_ANSWERS, LineFeedback, Order, OrderEvent, OrderLine, OrderUnit
from shop.orders.transitions import record
from shop.payments.models import MoneyHandling, Payment, PaymentEvent
from shop.phone_orders.models import PhoneOrder

# Lines from which nothing will be delivered any more: their answers have done what they were asked for.
DONE = Q(line__status__in=OrderLine.DONE) | Q(
    line__order__status__in=(Order.Status.CANCELLED, Order.Status.EXPIRED, Order.Status.REFUNDED)
)
BLANK: dict[str, Any] = {"answers": {}, "fields": {}, "blank_when_done": False}


@transaction.atomic
def let_customers_go(*, order_ids: Sequence[int], traces: Collection[str], now: datetime) -> int:
    """Take off orders what they copied of a customer who is erased; return the number of orders.

    What an open order or an invoice needs is kept for accounting alone (`KeptBilling`), all else is blanked. `traces`
    are the customer's names and addresses, taken out of what staff typed about the orders. Locks the orders, by key; an
    order that another transaction has closed meanwhile is left alone.
    """
    orders = list(Order.objects.select_for_update(no_key=True).filter(pk__in=order_ids).order_by("pk"))
    count = 0
    for order in orders:
        if order.is_closed:
            continue
        if billing_needed(order, now=now):
            _seal(order, traces, now=now)
        else:
            _blank(order, now=now)
        count += 1
    return count


@transaction.atomic
def blank_unneeded(*, order_ids: Sequence[int], now: datetime) -> int:
    """Blank what orders copied of people, unless one needs its billing data by now; return the number of those blanked.

    Locks the orders, by key, and waits for none: an order in use is left to the next time.
    """
    free = Order.objects.select_for_update(no_key=True, skip_locked=True).filter(pk__in=order_ids).order_by("pk")
    orders = [order for order in free if order.blanked_at is None and not billing_needed(order, now=now)]
    for order in orders:
        _blank(order, now=now)
    return len(orders)


def blank_units(units: Sequence[int]) -> int:
    """Blank the answers of units by key. Call it under the lock of their orders, or for units that are done."""
    return OrderUnit.objects.filter(pk__in=units).update(**BLANK)


def _seal(order: Order, traces: Collection[str], *, now: datetime) -> None:
    kept = {name: getattr(order, name) for name in COPIED}
    KeptBilling.objects.create(order=order, kept_at=now, **kept)
    _take_off(order, sealed_at=now)
    units = OrderUnit.objects.filter(~WITHOUT_ANSWERS, line__order=order)
    units.filter(DONE).update(**BLANK)
    units.exclude(DONE).update(blank_when_done=True)
    of_person = [order.contact_email, order.contact_name, order.payer_email]
    if not order.is_organisation:
        of_person += [order.billing_name, order.billing_street, order.vat_id]
    _mask_texts(order, {*traces, *of_person} - {""})
    record(order, OrderEvent.What.SEALED, actor=None, now=now)


def _blank(order: Order, *, now: datetime) -> None:
    KeptBilling.objects.filter(order=order).delete()
    _take_off(order, blanked_at=now)
    OrderUnit.objects.filter(~WITHOUT_ANSWERS, line__order=order).update(**BLANK)
    OrderLine.objects.filter(order=order).exclude(failure={}).update(failure={})
    LineFeedback.objects.filter(line__order=order).update(public={}, customer={}, sales={})
    GivingBack.objects.filter(line__order=order).update(reason="")
    Note.objects.filter(order=order).delete()
    PaymentEvent.objects.filter(order=order).exclude(payload={}).update(payload={})
    for event in order.events.exclude(detail={}):
        _rewrite(event, {key: value for key, value in _uncorrected(event.detail).items() if key != "reason"})
    _end_phone_order(order, how=IN_PLACE)
    record(order, OrderEvent.What.BLANKED, actor=None, now=now)


def _take_off(order: Order, **since: datetime) -> None:
    Order.objects.filter(pk=order.pk).update(**dict.fromkeys(TAKEN_OFF, ""), **since)


def _mask_texts(order: Order, traces: Collection[str]) -> None:
    """Take traces out of what was typed or told about an order, and the billing data of before out of its history."""
    for event in order.events.exclude(detail={}):
        _rewrite(event, without_in(_uncorrected(event.detail), traces))
    mask(Note.objects.filter(order=order), "text", traces)
    mask(GivingBack.objects.filter(line__order=order), "reason", traces)
    mask(GivingBack.objects.filter(line__order=order), "paid_back_reference", traces)
    mask(OrderLine.objects.filter(order=order), "failure", traces)
    for audience in ("public", "customer", "sales"):
        mask(LineFeedback.objects.filter(line__order=order), audience, traces)
    mask(Payment.objects.filter(order=order), "reference", traces)
    events = PaymentEvent.objects.filter(order=order)
    mask(events, "event_id", traces)
    events.exclude(pk__in=events.needing_attention().values("pk")).exclude(payload={}).update(payload={})
    mask(MoneyHandling.objects.filter(event__order=order), "note", traces)
    phone_order = PhoneOrder.objects.filter(order=order).first()
    if phone_order is not None:
        _end_phone_order(order, how=without_in(phone_order.how, traces))


def _uncorrected(detail: dict[str, Any]) -> dict[str, Any]:
    """Return the detail of an event without the billing data before and after a correction; their names stay."""
    changes = detail.get("changes")
    return detail | {"changes": {name: [IN_PLACE, IN_PLACE] for name in changes}} if changes else detail


def _rewrite(event: OrderEvent, detail: dict[str, Any]) -> None:
    if detail != event.detail:
        OrderEvent.objects.filter(pk=event.pk).update(detail=detail)


def _end_phone_order(order: Order, *, how: str) -> None:
    phone_orders = PhoneOrder.objects.filter(order=order)
    phone_orders.update(sent_to="", sent_at=None, expires_at=None)
    phone_orders.exclude(how="").update(how=how)
