"""Personal data in orders being entered by staff; those of a placed one belong to its order."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from common.personal_data import Person, Record, hold, records
from common.scrubbing import keys_naming
from shop.cart.models import Cart
from shop.phone_orders.models import PhoneOrder


def waiting_for(person: Person) -> QuerySet[PhoneOrder]:
    """Return the orders that staff enter for a person, and that are not placed."""
    entered = Cart.objects.filter(ordered_at__isnull=True, entered_by__isnull=False)
    named = list(keys_naming(entered, "details", person=person))
    theirs = Q(buyer=person.key) | Q(sent_to__in=person.emails) | Q(cart__in=named)
    return PhoneOrder.objects.filter(theirs, order__isnull=True)


def describe(person: Person) -> Iterator[Record]:
    return records(waiting_for(person).order_by("pk"), "entered_at", "sent_to", "cart__details")


def blank(person: Person, now: datetime, limit: int) -> int:
    """Discard such orders with their carts; their links end. Locks the carts, by key."""
    found = Cart.objects.select_for_update(no_key=True, of=("self",)).filter(
        ordered_at__isnull=True, phone_order__in=waiting_for(person).values("pk")
    )
    keys = list(found.order_by("pk").values_list("pk", flat=True)[:limit])
    PhoneOrder.objects.filter(cart__in=keys).delete()
    Cart.objects.filter(pk__in=keys).delete()
    return len(keys)


hold(
    "phone_orders",
    _("Orders that we are entering for you"),
    columns={"shop.phoneorder": ("sent_to",)},
    describe=describe,
    blank=blank,
)
