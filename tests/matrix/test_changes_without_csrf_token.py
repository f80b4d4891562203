"""The two addresses that change something without the CSRF token of one of our own forms, and their proof."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from shop.orders.models import Order
from shop.payments.models import Payment, Settlement
from shop.payments.providers.sandbox import bank
from shop.payments.providers.sandbox.provider import SIGNATURE_HEADER, event_of
from shop.payments.providers.sandbox.provider import provider as sandbox
from shop.payments.services import begin_payment
from tests.factories.catalog import EntryFactory
from tests.factories.shop import charge_at_sandbox, make_cart, place

pytestmark = pytest.mark.django_db

CLAIMS = {"status": "succeeded", "paid": "1", "kind": "succeeded", "amount": "120.00", "currency": "EUR"}


@pytest.fixture
def order() -> Order:
    return place(make_cart(EntryFactory()), now=timezone.now())


@pytest.fixture
def browser() -> Client:
    return Client(enforce_csrf_checks=True)


def charged(order: Order, choice: str) -> bank.Charge:
    """Charge the customer at the bank's page, without a word to the shop yet."""
    charge = charge_at_sandbox(order, choice, now=timezone.now())
    begin_payment(order_id=order.pk, provider=sandbox, reference=charge.reference, now=timezone.now())
    return charge


def come_back(browser: Client, order: Order) -> None:
    answer = browser.get(reverse("payment-return", args=["sandbox", order.token]), CLAIMS)
    assert answer.status_code == 302
    order.refresh_from_db()


def notify(browser: Client, order: Order, charge: bank.Charge, signature: str | None = None) -> int:
    body, signed = bank.notification(event_of(charge, event_id="1"))
    answer = browser.post(
        reverse("payment-webhook", args=["sandbox"]),
        body,
        content_type="application/json",
        headers={SIGNATURE_HEADER: signed if signature is None else signature},
    )
    order.refresh_from_db()
    return answer.status_code


def test_the_return_page_settles_what_the_bank_confirms(browser, order):
    charged(order, bank.Choice.SUCCEED)

    come_back(browser, order)

    assert Settlement.objects.get().order == order


@pytest.mark.parametrize("choice", [bank.Choice.DECLINE, bank.Choice.LATE])
def test_the_return_page_believes_no_parameter(browser, order, choice):
    charged(order, choice)

    come_back(browser, order)

    assert order.status == Order.Status.PLACED
    assert not Settlement.objects.exists()


def test_the_return_page_changes_nothing_for_an_order_nobody_paid(browser, order):
    come_back(browser, order)

    assert order.status == Order.Status.PLACED
    assert not Payment.objects.exists()


def test_a_notification_is_taken_by_its_signature(browser, order):
    charge = charged(order, bank.Choice.SUCCEED)

    assert notify(browser, order, charge) == 204
    assert Settlement.objects.get().order == order


@pytest.mark.parametrize("signature", ["", "0" * 64, "é"])
def test_a_notification_without_the_providers_signature_changes_nothing(browser, order, signature):
    charge = charged(order, bank.Choice.SUCCEED)

    assert notify(browser, order, charge, signature) == 400
    assert order.status == Order.Status.PLACED
    assert Payment.objects.get().status == Payment.Status.PENDING
