"""Merchants, and orders made as customers make them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db.models import Q
from django.test import Client

from accounts.people.models import User
from shop.orders.models import Order
from tests.factories.accounts import UserFactory
from tests.factories.catalog import EntryFactory
from tests.factories.shop import make_cart, place


def staff(*permissions: str, **fields: Any) -> User:
    """Make a member of the staff with exactly these permissions."""
    user = UserFactory(is_staff=True, **fields)
    wanted = Q(pk=None)
    for permission in permissions:
        app, codename = permission.split(".")
        wanted |= Q(content_type__app_label=app, codename=codename)
    user.user_permissions.set(Permission.objects.filter(wanted))
    return user


def browser_of(user: User, language: str = "en", **options: Any) -> Client:
    client = Client(headers={"accept-language": language}, **options)
    client.force_login(user)
    return client


@pytest.fixture
def merchant(db) -> User:
    """Make a superuser."""
    return UserFactory(is_staff=True, is_superuser=True, first_name="Maud", last_name="Marchand")


@pytest.fixture
def client(merchant) -> Client:
    return browser_of(merchant)


@pytest.fixture
def order(probe_entry) -> Order:
    """Place an order of one line, 120.00 with tax, still unpaid."""
    return place(make_cart(probe_entry))


@pytest.fixture
def new_order(diary) -> Callable[..., Order]:
    """Return a function that makes an order for an address of its own."""
    made = iter(range(1000))

    def make(handler: str = "std_probe", quantity: int = 1, tiers: Any = None, **details: Any) -> Order:
        entry = EntryFactory(handler=handler, tiers=tiers)
        details = {"email": f"buyer{next(made)}@example.org", **details}
        units = details.pop("units", ())
        return place(make_cart(entry, quantity=quantity, units=units), **details)

    return make
