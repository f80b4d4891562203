"""Personal data in carts: people's own, and what others typed about them and have not ordered yet."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import islice

from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from common.personal_data import Person, Record, hold, records
from common.scrubbing import keys_naming
from shop.cart.models import Cart, CartLine, CartUnit


def carts_of(person: Person) -> QuerySet[Cart]:
    """Return the person's own open cart, and open carts of visitors with the person's details."""
    open_carts = Cart.objects.filter(ordered_at__isnull=True, entered_by__isnull=True)
    others = open_carts.exclude(user__in=person.namesakes)
    named = list(keys_naming(others, "details", person=person))
    return open_carts.filter(Q(user=person.key) | Q(pk__in=named))


def units_naming(person: Person) -> Iterator[int]:
    return keys_naming(CartUnit.objects.all(), "answers", "fields", person=person)


def describe(person: Person) -> Iterator[Record]:
    yield from records(carts_of(person).order_by("pk"), "created_at", "details")
    named = CartUnit.objects.filter(pk__in=list(units_naming(person)))
    yield from records(named.order_by("pk"), "answers", "fields")


def blank(person: Person, now: datetime, limit: int) -> int:
    """Delete the person's carts, then what was typed about them in carts of others, whose customer sees that the cart
    has changed. Locks the carts, by key."""
    own = carts_of(person).select_for_update(no_key=True).order_by("pk")
    keys = list(own.values_list("pk", flat=True)[:limit])
    if keys:
        Cart.objects.filter(pk__in=keys).delete()
        return len(keys)
    units = list(islice(units_naming(person), limit))
    holding = CartLine.objects.filter(units__in=units)
    carts = Cart.objects.select_for_update(no_key=True).filter(pk__in=holding.values("cart")).order_by("pk")
    locked = list(carts.values_list("pk", flat=True))
    holding.update(units_confirmed=False)
    Cart.objects.filter(pk__in=locked).update(version=F("version") + 1)
    return CartUnit.objects.filter(pk__in=units).delete()[0]


hold(
    "carts",
    _("Your cart, and what was typed about you in carts"),
    columns={"shop.cart": ("details",), "shop.cartunit": ("answers", "fields")},
    describe=describe,
    blank=blank,
)
