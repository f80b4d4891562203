"""What carts hold about people: their own cart, and what others typed about them and have not ordered yet."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.db.models import F, Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _

from common.personal_data import Person, Record, hold, records
from common.traces import naming, traces_of
from shop.cart.models import Cart, CartLine, CartUnit


def carts_of(person: Person) -> QuerySet[Cart]:
    """Return the person's own open cart, and open carts of visitors with the person's details."""
    told = Cart.objects.annotate(told=Cast("details", TextField()))
    theirs = Q(user=person.key) | naming(("told",), traces_of(person))
    return told.filter(theirs, ordered_at__isnull=True, entered_by__isnull=True)


def units_naming(person: Person) -> QuerySet[CartUnit]:
    told = CartUnit.objects.annotate(answers_told=Cast("answers", TextField()), fields_told=Cast("fields", TextField()))
    return told.filter(naming(("answers_told", "fields_told"), traces_of(person)))


def describe(person: Person) -> Iterator[Record]:
    yield from records(carts_of(person).order_by("pk"), "created_at", "details")
    yield from records(units_naming(person).order_by("pk"), "answers", "fields")


def blank(person: Person, now: datetime, limit: int) -> int:
    """Delete the person's carts, then what was typed about them in carts of others, whose customer sees that the cart
    has changed. Locks the carts, by key."""
    own = carts_of(person).select_for_update(no_key=True).order_by("pk")
    keys = list(own.values_list("pk", flat=True)[:limit])
    if keys:
        Cart.objects.filter(pk__in=keys).delete()
        return len(keys)
    units = list(units_naming(person).order_by("pk").values_list("pk", flat=True)[:limit])
    carts = Cart.objects.filter(lines__units__in=units).order_by("pk").values_list("pk", flat=True).distinct()
    locked = Cart.objects.select_for_update(no_key=True).filter(pk__in=list(carts)).order_by("pk")
    list(locked.values_list("pk"))
    CartLine.objects.filter(units__in=units).update(units_confirmed=False)
    Cart.objects.filter(pk__in=list(carts)).update(version=F("version") + 1)
    return CartUnit.objects.filter(pk__in=units).delete()[0]


hold(
    "carts",
    _("Your cart, and what was typed about you in carts"),
    columns={"shop.cart": ("details",), "shop.cartunit": ("answers", "fields")},
    describe=describe,
    blank=blank,
)
