from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest
from django.utils import timezone

from outbox.jobs.running import run_due_jobs
from shop.orders.giving_back.owed import owed_for
from shop.orders.giving_back.services import give_units_back
from shop.orders.models import Order
from shop.payments.refunds.sending import send_back
from shop.payments.registry import temporary
from tests.factories.catalog import EntryFactory, TaxFactory
from tests.factories.shop import make_cart, pay, place
from tests.shop.merchants import staff
from tests.shop.payments.refunds.bank import Bank


@pytest.fixture
def bank() -> Iterator[Bank]:
    provider = Bank()
    with temporary(provider):
        yield provider


@pytest.fixture
def order(bank: Bank) -> Order:
    """Three units at 12.00 with tax, paid at the bank."""
    entry = EntryFactory(code="BOOK", tiers={1: "10.00"}, tax=TaxFactory(rate=Decimal("20.00")))
    order = place(make_cart(entry, quantity=3), email="alice@example.org")
    assert pay(order, provider="bank", reference="pi_1") == "settled"
    run_due_jobs()
    order.refresh_from_db()
    return order


def give_back(order: Order, *indexes: int) -> Decimal:
    units = {order.lines.get().pk: indexes}
    now = timezone.now()
    return give_units_back(order_id=order.pk, units=units, actor=staff(), reason="Ill", now=now).worth


def send(order: Order) -> Decimal:
    return send_back(order_id=order.pk, owed=owed_for(order), actor=staff(), now=timezone.now())
