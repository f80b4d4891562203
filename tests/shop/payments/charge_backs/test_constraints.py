"""Rules of charge-backs, attacked by raw SQL."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from shop.orders.models import Order
from shop.payments.charge_backs.models import ChargeBack
from shop.payments.models import Payment
from shop.payments.refunds.models import Refund
from tests.constraints import broken, copy, run
from tests.factories.accounts import UserFactory
from tests.factories.shop import make_cart, pay, place
from tests.shop.payments.requests.plans import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def order(probe_entry) -> Order:
    order = place(make_cart(probe_entry))
    pay(order)
    pay(order, kind="dispute_lost", event_id="dp_1:dispute_lost", amount=20)
    run("SET CONSTRAINTS ALL IMMEDIATE")
    run("SET CONSTRAINTS ALL DEFERRED")
    return order


def test_a_charge_back_keeps_its_shape(order):
    for refusal, change in (
        (broken("shop_chargeback_amount"), "amount = -1"),
        (broken("shop_chargeback_amount"), "from_credit = 21"),
        (broken("shop_chargeback_amount"), "fee = -0.01"),
        (broken("shop_chargeback_ended"), "lost_at = NULL"),
        (broken("shop_chargeback_ended"), "lost_at = NULL, won_at = now()"),
    ):
        with refusal:
            run(f"UPDATE shop_chargeback SET {change}")
    with broken("shop_chargeback_once"):
        copy("shop_chargeback", ChargeBack.objects.get().pk)


def test_no_more_of_a_payment_is_given_and_taken_back_than_it_is(order):
    with broken("shop_chargeback_within_payment"):
        run("UPDATE shop_chargeback SET amount = amount + 1")
    with broken("shop_chargeback_within_payment"):
        copy("shop_chargeback", ChargeBack.objects.get().pk, reference="dp_2")


def test_what_was_taken_back_is_not_what_a_request_has(order):
    with broken("shop_allocation_taken_back_released"):
        run("UPDATE shop_allocation SET charge_back_id = %s WHERE released_at IS NULL", ChargeBack.objects.get().pk)


def test_what_a_bank_took_is_not_sent_back_too(order):
    told = {"order": order, "way": "provider", "currency": "EUR", "asked_at": NOW, "asked_by": UserFactory()}
    with pytest.raises(IntegrityError, match="No more of a payment goes back"), transaction.atomic():
        Refund.objects.create(payment=Payment.objects.get(), amount=101, **told)
    refund = Refund.objects.create(payment=Payment.objects.get(), amount=100, **told)
    pay(order, kind="dispute_lost", event_id="dp_2:dispute_lost", amount=100)
    # The answer about a refund that was sent before is noted all the same.
    Refund.objects.filter(pk=refund.pk).update(state="done", done_at=NOW)
