"""Orders and units that copied a person's name or address, found and let go when the person is erased."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import islice

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.members.models import CustomerAccount, Membership
from common.personal_data import Person
from common.scrubbing import keys_naming
from shop.orders.copied.columns import CONTACT
from shop.orders.copied.services import BLANK, DONE, forget_corrections, let_customers_go
from shop.orders.lines.models import WITHOUT_ANSWERS, OrderUnit
from shop.orders.models import Order


def orders_of(person: Person) -> QuerySet[Order]:
    """Return the orders that copied a person as their customer, as the contact of an organisation or as the payer."""
    theirs = Q(buyer=person.key) & ~Q(contact_email="")
    return Order.objects.filter(theirs | Q(contact_email__in=person.emails) | Q(payer_email__in=person.emails))


def orders_as_customer(person: Person) -> QuerySet[Order]:
    """Return the orders whose billing data are the person's own: those of a private person, of an account without
    another member who can sign in, and of an organisation named after them."""
    others = Membership.objects.filter(account=OuterRef("account"), user__is_active=True).exclude(user=person.key)
    own = Q(is_organisation=False) | Q(account__kind=CustomerAccount.Kind.PERSON) | ~Q(Exists(others))
    for first, last in person.names:
        if first and last:
            own |= Q(billing_name__icontains=first) & Q(billing_name__icontains=last)
    placed = Q(buyer=person.key) | Q(contact_email__in=person.emails)
    return Order.objects.filter(placed & own, sealed_at__isnull=True, blanked_at__isnull=True)


def blank_orders(person: Person, now: datetime, limit: int) -> int:
    """Let a customer go, then the contact and the payer of the orders of others; at most so many orders.

    Locks the orders, by key.
    """
    own = list(orders_as_customer(person).order_by("pk").values_list("pk", flat=True)[:limit])
    if own:
        return let_customers_go(order_ids=own, person=person, now=now)
    named = orders_of(person).select_for_update(no_key=True, of=("self",)).order_by("pk")
    orders = list(named[:limit])
    for order in orders:
        blank = [] if order.payer_email not in person.emails else ["payer_email"]
        if order.buyer_id == person.key or order.contact_email in person.emails:
            blank += CONTACT
        Order.objects.filter(pk=order.pk).update(**dict.fromkeys(blank, ""))
        forget_corrections(order, blank)
    return len(orders)


def units_naming(person: Person) -> Iterator[int]:
    """Yield the keys of the units with a person's address, or whole name, among their answers."""
    waiting = OrderUnit.objects.filter(~WITHOUT_ANSWERS, blank_when_done=False)
    return keys_naming(waiting, "answers", "fields", person=person)


def blank_units_of(person: Person, now: datetime, limit: int) -> int:
    """Blank the answers of units that have done what they were asked for, and mark the others; at most so many."""
    keys = list(islice(units_naming(person), limit))
    rows = OrderUnit.objects.filter(pk__in=keys)
    rows.filter(blank_when_done=False).exclude(DONE).update(blank_when_done=True)
    rows.filter(DONE).update(**BLANK)
    return len(keys)
