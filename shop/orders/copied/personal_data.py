"""Personal data in orders: of their customers, among the answers of their units, and in texts about them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common.personal_data import Kept, Person, Record, hold, records
from common.scrubbing import keys_naming
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
from shop.orders.copied.texts import columns_of_texts, scrub_texts
from shop.orders.lines.models import OrderUnit
from shop.orders.models import Order

SOLD = ("number", "placed_at", "gross", "currency")


def describe_orders(person: Person) -> Iterator[Record]:
    own = orders_as_customer(person)
    yield from records(own.order_by("pk"), *SOLD, *COPIED, "billing_country")
    others = orders_of(person).exclude(pk__in=own.values("pk")).order_by("pk")
    contact = Q(buyer=person.key) | Q(contact_email__in=person.emails)
    yield from records(others.filter(contact), *SOLD, "contact_name", "contact_email")
    yield from records(others.exclude(contact), "number", "payer_email")


def describe_units(person: Person) -> Iterator[Record]:
    units = OrderUnit.objects.filter(pk__in=list(units_naming(person))).order_by("pk")
    return records(units, "line__order__number", "answers", "fields")


def describe_texts(person: Person) -> Iterator[Record]:
    named = list(keys_naming(Note.objects.all(), "text", person=person))
    about = Q(order__in=orders_as_customer(person).values("pk")) | Q(pk__in=named)
    return records(Note.objects.filter(about).order_by("pk"), "at", "text")


def blank_texts(person: Person, now: datetime, limit: int) -> int:
    return scrub_texts(person, limit=limit)


def keeps_orders(person: Person, now: datetime) -> Iterable[Kept]:
    sealed = Order.objects.filter(buyer=person.key, sealed_at__isnull=False, blanked_at__isnull=True)
    yield Kept(
        what=_("Orders with their billing data"),
        why=_(
            "Open orders, and those paid in the last ten years: their invoices need them. Only accounting reads them."
        ),
        count=orders_as_customer(person).filter(needing_billing(now)).count() + sealed.count(),
    )


def keeps_units(person: Person, now: datetime) -> Iterable[Kept]:
    yield Kept(
        what=_("Answers about participants"),
        why=_("Not delivered yet. They are blanked as soon as they are."),
        count=OrderUnit.objects.filter(pk__in=list(units_naming(person))).exclude(DONE).count(),
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
    columns=columns_of_texts(),
    describe=describe_texts,
    blank=blank_texts,
)
