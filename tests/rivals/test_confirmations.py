"""At the same moment.

The customer's return page, the provider's notification and the merchant's confirmation.
"""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from outbox.jobs.models import Job
from shop.orders.history.models import OrderEvent
from shop.orders.models import Order
from shop.payments import services as payments
from shop.payments.models import PaymentEvent, Settlement
from shop.payments.providers.sandbox import bank
from shop.payments.providers.sandbox.provider import SIGNATURE_HEADER, event_of, provider
from shop.payments.requests import release
from tests.factories.accounts import UserFactory
from tests.factories.catalog import EntryFactory
from tests.factories.shop import charge_at_sandbox, make_cart, place
from tests.rivals.processes import deadlocks_among, errors_among, no_row_locks, race, values_among
from tests.shop.admin_pages import order_url

# All have read that the order is unpaid; the writing comes next.
ABOUT_TO_SETTLE = [(release, "insert_row")]


@pytest.fixture
def merchant() -> Client:
    client = Client()
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    return client


def confirmed_from_all_sides(merchant, *, notifications=2, **how):
    """Confirm an order from all sides: paid by card, its transfer booked by the merchant; return order and answers."""
    order = place(make_cart(EntryFactory(handler="std_generateseats")))
    now = timezone.now()
    charge = charge_at_sandbox(order, "succeed", now=now)
    payments.begin_payment(order_id=order.pk, provider=provider, reference=charge.reference, now=now)
    body, signature = bank.notification(event_of(charge, event_id=f"notified:{charge.reference}"))

    def returns():
        return Client().get(reverse("payment-return", args=["sandbox", order.token])).status_code

    def is_notified():
        webhook = reverse("payment-webhook", args=["sandbox"])
        signed = {SIGNATURE_HEADER: signature}
        return Client().post(webhook, body, content_type="application/json", headers=signed).status_code

    def confirms():
        typed = {"amount": str(order.gross), "reference": "VIR 42", "is_what_arrived": "on"}
        return merchant.post(order_url(order, "payment"), typed).status_code

    answers = race(returns, *[is_notified] * notifications, confirms, before=ABOUT_TO_SETTLE, **how)
    order.refresh_from_db()
    return order, answers


def test_an_order_confirmed_from_all_sides_is_paid_once(trial, merchant):
    rounds = trial.size(1, 10)
    calls = second_charges = 0
    for _round in range(rounds):
        order, answers = confirmed_from_all_sides(merchant)
        assert errors_among(answers) == []
        assert deadlocks_among(answers) == 0
        assert sorted(values_among(answers)) == [204, 204, 302, 302]
        assert (order.status, order.events.filter(what=OrderEvent.What.PAID).count()) == ("paid", 1)
        outcomes = sorted(order.payment_events.values_list("outcome", flat=True))
        # The card and the transfer are two payments; the later one is shown to the merchant.
        assert outcomes in (["known", "second_charge", "settled"], ["second_charge", "second_charge", "settled"])
        calls += len(answers)
        second_charges += order.payment_events.filter(outcome="second_charge").exists()
        Order.objects.filter(pk=order.pk).update(contact_email="done@example.org")
    assert Settlement.objects.count() == Job.objects.filter(kind="fulfil_line").count() == rounds
    trial.note("confirmations", calls)
    trial.note("orders settled, and jobs recorded", rounds)
    trial.note("second charges shown", second_charges)


def test_control_without_the_orders_lock_one_of_them_gets_an_error_of_the_database(merchant):
    order, answers = confirmed_from_all_sides(merchant, notifications=0, without=no_row_locks)

    assert errors_among(answers) == ["IntegrityError"]
    assert {answer.constraint for answer in answers} == {"", "shop_settlement_order_id_key"}
    assert PaymentEvent.objects.filter(order=order).count() == 1
