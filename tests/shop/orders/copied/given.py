"""Customers who bought, and are erased."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils import timezone

from accounts.members.models import CustomerAccount
from accounts.people.models import User
from common.personal_data import Person
from shop.orders.copied.people import blank_orders
from shop.orders.models import Order
from tests.factories.accounts import CustomerAccountFactory, MembershipFactory, UserFactory
from tests.factories.catalog import EntryFactory
from tests.factories.shop import deliver, make_cart, pay, place, postal_address

EMAIL, FIRST, LAST = "zoe.quille@example.org", "Zoé", "Quillévéré"
NAME = f"{FIRST} {LAST}"
STREET = "7 venelle des Ajoncs"
PRIVATE = {
    "email": EMAIL,
    "contact_name": NAME,
    "is_organisation": False,
    "address": postal_address(name=NAME, street=STREET),
}
# What no page, search or export may tell once the person is erased.
TRACES = (EMAIL, LAST, STREET, "Quillevere", "zoe.quille")


def customer(*, kind: str = CustomerAccount.Kind.PERSON, name: str = NAME) -> tuple[User, CustomerAccount]:
    user = UserFactory(email=EMAIL, first_name=FIRST, last_name=LAST)
    account = CustomerAccountFactory(kind=kind, name=name, street=STREET)
    MembershipFactory(user=user, account=account)
    return user, account


def bought(user: User | None, account: CustomerAccount | None, *, paid: bool = True, **details: Any) -> Order:
    """Place an order, and pay and deliver it."""
    entry = EntryFactory(handler=details.pop("handler", ""))
    units = details.pop("units", ())
    cart = make_cart(entry, units=units, quantity=max(len(units), 1), user=user)
    order = place(cart, user=user, account=account, **{**PRIVATE, **details})
    if paid:
        assert pay(order) == "settled"
        deliver(order)
    order.refresh_from_db()
    return order


def known(user: User | None, **more: Any) -> Person:
    key = user.pk if user else 0
    return Person(key=key, emails=frozenset({EMAIL}), names=frozenset({(FIRST, LAST)}), **more)


def erase(user: User | None, *, now: datetime | None = None) -> None:
    """Erase what orders copied of the customer, in batches of one."""
    while blank_orders(known(user), now or timezone.now(), 1):
        pass
