"""Taking what orders copied of people off them: kept for accounting alone, or blanked. The only code that does it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from accounts.members.unclaimed import blank_unclaimed_accounts
from accounts.people.services import typed_by_themself
from common.personal_data import BATCH, Person
from common.scrubbing import GONE
from shop.notes.models import Note
from shop.orders.copied.columns import COPIED, TAKEN_OFF
from shop.orders.copied.models import KeptBilling
from shop.orders.copied.needed import billing_needed
from shop.orders.copied.texts import scrub_texts
from shop.orders.giving_back.models import GivingBack
from shop.orders.history.models import OrderEvent
from shop.orders.lines.models import WITHOUT_ANSWERS, LineFeedback, OrderLine, OrderUnit
from shop.orders.models import Order
from shop.orders.transitions import record
from shop.payments.models import PaymentEvent
from shop.phone_orders.models import PhoneOrder

# Lines from which nothing will be delivered any more: their answers have done what they were asked for.
DONE = Q(line__status__in=OrderLine.DONE) | Q(
    line__order__status__in=(Order.Status.CANCELLED, Order.Status.EXPIRED, Order.Status.REFUNDED)
)
BLANK: dict[str, Any] = {"answers": {}, "fields": {}, "blank_when_done": False}


@transaction.atomic
def let_customers_go(*, order_ids: Sequence[int], person: Person, now: datetime) -> int:
    """Take off orders what they copied of a customer who is erased; return the number of orders.

    The part that an open order or an invoice needs is kept for accounting alone (`KeptBilling`), all else blanked, and
    the person is taken out of what staff typed about the orders. Locks the orders, then the accounts that nobody
    claimed, by key; an order that another transaction has closed meanwhile is left alone.
    """
    orders = list(Order.objects.select_for_update(no_key=True).filter(pk__in=order_ids).order_by("pk"))
    count = 0
    for order in orders:
        if order.is_closed:
            continue
        if billing_needed(order, now=now):
            _seal(order, person, now=now)
        else:
            _blank(order, now=now)
        count += 1
    _blank_accounts_left(orders)
    return count


@transaction.atomic
def blank_unneeded(*, order_ids: Sequence[int], now: datetime) -> int:
    """Blank what orders copied of people, unless one needs its billing data by now; return the number of those blanked.

    Locks the orders, by key, and waits for none: an order in use is left to the next time. Locks the accounts that
    nobody claimed.
    """
    free = Order.objects.select_for_update(no_key=True, skip_locked=True).filter(pk__in=order_ids).order_by("pk")
    orders = [order for order in free if order.blanked_at is None and not billing_needed(order, now=now)]
    for order in orders:
        _blank(order, now=now)
    _blank_accounts_left(orders)
    return len(orders)


def blank_units(units: Sequence[int]) -> int:
    """Blank the answers of units by key. Call it under the lock of their orders, or for units that are done."""
    return OrderUnit.objects.filter(pk__in=units).update(**BLANK)


def _seal(order: Order, person: Person, *, now: datetime) -> None:
    kept = {name: getattr(order, name) for name in COPIED}
    KeptBilling.objects.create(order=order, kept_at=now, **kept)
    _take_off(order, sealed_at=now)
    units = OrderUnit.objects.filter(~WITHOUT_ANSWERS, line__order=order)
    units.filter(DONE).update(**BLANK)
    units.exclude(DONE).update(blank_when_done=True)
    forget_corrections(order, COPIED)
    events = PaymentEvent.objects.filter(order=order)
    events.exclude(pk__in=events.needing_attention().values("pk")).exclude(payload={}).update(payload={})
    _end_phone_orders(order)
    while scrub_texts(_with_names_of(order, person), limit=BATCH, order_id=order.pk):
        pass
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
    _end_phone_orders(order)
    PhoneOrder.objects.filter(order=order).exclude(how="").update(how=GONE)
    record(order, OrderEvent.What.BLANKED, actor=None, now=now)


def _blank_accounts_left(orders: Sequence[Order]) -> None:
    """Blank accounts that were made for visitors' orders, and of which no order tells more than they do."""
    accounts = {order.account_id for order in orders}
    telling = Order.objects.filter(account__in=accounts, sealed_at__isnull=True, blanked_at__isnull=True)
    blank_unclaimed_accounts(account_ids=accounts - set(telling.values_list("account_id", flat=True)))


def _take_off(order: Order, **since: datetime) -> None:
    Order.objects.filter(pk=order.pk).update(**dict.fromkeys(TAKEN_OFF, ""), **since)


def forget_corrections(order: Order, columns: Collection[str]) -> None:
    """Take what columns said before and after corrections out of an order's history; that they were corrected stays."""
    for event in order.events.filter(what=OrderEvent.What.BILLING_CORRECTED):
        _rewrite(event, _uncorrected(event.detail, columns))


def _uncorrected(detail: dict[str, Any], columns: Collection[str] = COPIED) -> dict[str, Any]:
    changes = detail.get("changes", {})
    forgotten = {name: [GONE, GONE] if name in columns else change for name, change in changes.items()}
    return detail | {"changes": forgotten} if changes else detail


def _rewrite(event: OrderEvent, detail: dict[str, Any]) -> None:
    if detail != event.detail:
        OrderEvent.objects.filter(pk=event.pk).update(detail=detail)


def _end_phone_orders(order: Order) -> None:
    PhoneOrder.objects.filter(order=order).update(sent_to="", sent_at=None, expires_at=None)


def _with_names_of(order: Order, person: Person) -> Person:
    """Add to what is known of a person the addresses and names that their order copied, and where they live."""
    emails = {order.contact_email, order.payer_email} - {""}
    typed = [order.contact_name] if order.is_organisation else [order.contact_name, order.billing_name]
    names = {(name.first_name, name.last_name) for text in typed for name in [typed_by_themself(email="", name=text)]}
    if not order.is_organisation:
        number, _blank, street = order.billing_street.partition(" ")
        names.add((number, street))
    return replace(person, emails=person.emails | emails, names=person.names | names)
