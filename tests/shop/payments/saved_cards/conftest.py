"""An order of two parts, the second due later, and Stripe's stand-in."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from common.moments import local_day
from shop.orders.models import Order
from shop.payments.requests.planning import Part, plan_payments
from tests.factories.accounts import UserFactory
from tests.factories.shop import make_cart, place
from tests.shop.payments.providers.desks import AtStripe, stripe_desk
from tests.shop.payments.saved_cards.given import DAYS


@pytest.fixture
def desk(monkeypatch) -> Iterator[AtStripe]:
    with stripe_desk(monkeypatch) as desk:
        yield desk


@pytest.fixture
def order(probe_entry) -> Order:
    """Return an order of 120 euros in two parts, both due later."""
    order = place(make_cart(probe_entry), email="alice@example.org", contact_name="Alice")
    today = local_day(timezone.now())
    parts = [
        Part(Decimal(50), today + timedelta(days=DAYS)),
        Part(order.gross - 50, today + timedelta(days=3 * DAYS)),
    ]
    plan_payments(order_id=order.pk, parts=parts, actor=UserFactory(), now=timezone.now())
    order.refresh_from_db()
    return order
