"""What orders hold about people: as their customers, among the answers of their units, and in texts about them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from django.db.models import Model, Q, TextField
from django.db.models.functions import Cast
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common.personal_data import Kept, Person, Record, hold, records
from common.traces import mask, naming, traces_of
from shop.notes.models import Note
from shop.orders.copied.columns import COPIED, TAKEN_OFF
from shop.orders.copied.needed import needing_billing
from shop.orders.copied.people import (
    blank_orders,
    blank_units_of,
    orders_as_customer,
    orders_of,
    units_naming,
)
from shop.orders.copied.services import DONE
from shop.orders.giving_back.models import GivingBack
from shop.orders.models import LineFeedback, Order, OrderEvent, OrderLine
from shop.payments.models import MoneyHandling, Payment, PaymentEvent
from shop.phone_orders.models import PhoneOrder

SOLD = ("number", "placed_at", "gross", "currency")
# Typed by staff, told by handlers, or sent by a payment provider; the texts of other tables belong to their rooms.
TEXTS: tuple[tuple[type[Model], str], ...] = (
    (Note, "text"),
    (OrderEvent, "detail"),
    (OrderLine, "failure"),
    (LineFeedback, "public"),
    (LineFeedback, "customer"),
    (LineFeedback, "sales"),
    (GivingBack, "reason"),
    (GivingBack, "paid_back_reference"),
    (Payment, "reference"),
    (PaymentEvent, "event_id"),
    (PaymentEvent, "order_number"),
    (PaymentEvent, "payload"),
    (MoneyHandling, "note"),
    (PhoneOrder, "how"),
    (Order, "purchase_reference"),
)


def describe_orders(person: Person) -> Iterator[Record]:
    own = orders_as_customer(person)
    yield from records(own.order_by("pk"), *SOLD, *COPIED, "billing_country")
    others = orders_of(person).exclude(pk__in=own.values("pk")).order_by("pk")
    contact = Q(buyer=person.key) | Q(contact_email__in=person.emails)
    yield from records(others.filter(contact), *SOLD, "contact_name", "contact_email")
    yield from records(others.exclude(contact), "number", "payer_email")


def describe_units(person: Person) -> Iterator[Record]:
    return records(units_naming(person).order_by("pk"), "line__order__number", "answers", "fields")


def describe_texts(person: Person) -> Iterator[Record]:
    about = Q(order__in=orders_as_customer(person).values("pk")) | naming(("text",), traces_of(person))
    return records(Note.objects.filter(about).order_by("pk"), "at", "text")


def blank_texts(person: Person, now: datetime, limit: int) -> int:
    """Take a person's addresses and whole names out of texts, at most so many; a name of one word may be another's."""
    traces = {trace for trace in traces_of(person) if "@" in trace or " " in trace.strip()}
    count = 0
    for model, column in TEXTS:
        told = model._base_manager.annotate(told=Cast(column, TextField())).filter(naming(("told",), traces))
        count += mask(told, column, traces, limit=limit - count)
        if count >= limit:
            break
    return count


def keeps_orders(person: Person, now: datetime) -> Iterable[Kept]:
    yield Kept(
        what=_("Orders with their billing data"),
        why=_(
            "Open orders, and those paid in the last ten years: their invoices need them. Only accounting reads them."
        ),
        count=orders_as_customer(person).filter(needing_billing(now)).count(),
    )


def keeps_units(person: Person, now: datetime) -> Iterable[Kept]:
    yield Kept(
        what=_("Answers about participants"),
        why=_("Not delivered yet. They are blanked as soon as they are."),
        count=units_naming(person).exclude(DONE).count(),
    )


hold(
    "orders",
    gettext_lazy("Your orders, and orders that name you as their contact or payer"),
    columns={
        "shop.order": tuple(name for name in TAKEN_OFF if name != "purchase_reference"),
        "shop.keptbilling": COPIED,
    },
    describe=describe_orders,
    blank=blank_orders,
    keeps=keeps_orders,
)
hold(
    "order_units",
    gettext_lazy("What was typed about you when something was bought for you"),
    columns={"shop.orderunit": ("answers", "fields")},
    describe=describe_units,
    blank=blank_units_of,
    keeps=keeps_units,
)
hold(
    "order_texts",
    gettext_lazy("Notes of our team about your orders"),
    columns={
        model._meta.label_lower: tuple(column for other, column in TEXTS if other is model) for model, _column in TEXTS
    },
    describe=describe_texts,
    blank=blank_texts,
)
