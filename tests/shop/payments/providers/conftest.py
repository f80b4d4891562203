"""An order, and its payment begun at the provider of the desk."""

from __future__ import annotations

import pytest
from django.utils import timezone

from shop.orders.models import Order
from shop.payments.attempts.models import PaymentAttempt
from shop.payments.attempts.services import start_payment
from tests.factories.shop import make_cart, place
from tests.shop.payments.providers.desks import Desk


@pytest.fixture
def order(probe_entry) -> Order:
    return place(make_cart(probe_entry))


@pytest.fixture
def attempt(order: Order, desk: Desk) -> PaymentAttempt:
    return start_payment(order=order, provider=desk.provider, now=timezone.now())
