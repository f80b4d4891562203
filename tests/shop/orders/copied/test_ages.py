"""Names and addresses leave orders by their age: ten years after the payment, sooner where nobody paid."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from common.tidying import tidy
from shop.notes.services import add_note
from shop.orders.copied.columns import TAKEN_OFF
from shop.orders.copied.models import KeptBilling
from shop.orders.copied.services import blank_unneeded
from shop.orders.ending import cancel_order, expire_orders
from shop.orders.history.models import OrderEvent
from shop.orders.models import Order
from shop.payments.models import PaymentEvent
from tests.factories.accounts import UserFactory
from tests.factories.shop import deliver, make_cart, pay, place
from tests.shop.orders.copied.given import bought, customer, erase

pytestmark = pytest.mark.django_db

NOW = timezone.now()


def in_days(days: float):
    return NOW + timedelta(days=days)


def is_blank(order: Order) -> bool:
    order.refresh_from_db()
    return {getattr(order, name) for name in TAKEN_OFF} == {""} and order.blanked_at is not None


def test_a_paid_order_is_blanked_after_ten_years_and_keeps_its_sums(probe_entry):
    order = place(make_cart(probe_entry, quantity=3))
    pay(order, now=NOW)
    add_note(text="Rang up", author=UserFactory(), now=NOW, order=order)
    deliver(order)
    quantity, gross = order.lines.get().quantity, order.gross

    assert tidy("billing", now=in_days(settings.RETENTION["billing"] - 0.1)) == 0
    assert tidy("billing", now=in_days(settings.RETENTION["billing"] + 0.1)) == 1
    assert tidy("billing", now=in_days(settings.RETENTION["billing"] + 1)) == 0

    assert is_blank(order)
    line = order.lines.get()
    assert (line.quantity, order.gross, order.status) == (quantity, gross, "completed")
    assert not order.notes.exists()
    assert line.feedback.count() > 0
    assert not any(said.public or said.customer or said.sales for said in line.feedback.all())
    assert PaymentEvent.objects.filter(order=order, payload={}).count() == 1
    order.account.refresh_from_db()
    assert order.account.name == ""


def test_what_is_kept_for_accounting_goes_with_the_ten_years():
    user, account = customer()
    order = bought(user, account)
    erase(user)
    assert KeptBilling.objects.count() == 1

    assert tidy("billing", now=in_days(settings.RETENTION["billing"] + 1)) == 1

    assert is_blank(order)
    assert not KeptBilling.objects.exists()
    account.refresh_from_db()
    assert account.name != ""


def test_an_order_that_is_not_delivered_waits(probe_entry):
    order = place(make_cart(probe_entry))
    pay(order, now=NOW)

    assert tidy("billing", now=in_days(9999)) == 0
    assert not is_blank(order)


def test_an_order_that_ended_unpaid_goes_sooner(probe_entry):
    expired, cancelled, waiting = (place(make_cart(probe_entry), email=f"{n}@example.org") for n in range(3))
    cancel_order(order_id=cancelled.pk, actor=None, now=NOW)
    Order.objects.filter(pk=expired.pk).update(expires_at=NOW)
    Order.objects.exclude(pk=expired.pk).update(expires_at=NOW + timedelta(days=2))
    assert expire_orders(now=NOW) == 1
    days = settings.RETENTION["unpaid_orders"]

    assert tidy("unpaid_orders", now=in_days(days - 0.1)) == 0
    assert tidy("unpaid_orders", now=in_days(days + 0.1)) == 1
    assert (is_blank(expired), is_blank(cancelled)) == (True, False)
    assert tidy("unpaid_orders", now=in_days(days + 3)) == 1
    assert (is_blank(cancelled), is_blank(waiting)) == (True, False)
    assert cancelled.events.filter(what=OrderEvent.What.BLANKED).count() == 1


def test_an_order_paid_meanwhile_is_left_alone(probe_entry):
    order = place(make_cart(probe_entry))
    cancel_order(order_id=order.pk, actor=None, now=NOW)
    pay(order)

    assert blank_unneeded(order_ids=[order.pk], now=in_days(400)) == 0
    assert not is_blank(order)
