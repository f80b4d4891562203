"""Pay link of an outside payer: amount, seller, who asks, what was ordered; nothing else."""

import re

import pytest
from django.urls import reverse
from django.utils import timezone

from outbox.mails.models import Mail
from outbox.mails.rendering import render_mail
from shop.orders.ending import cancel_order
from shop.orders.models import Order
from shop.payments.requests.models import PaymentRequest
from shop.payments.services import choose_method
from tests.factories.shop import make_cart, place
from tests.shop.payments.requests.plans import NOW, piece

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def in_english(client):
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"


@pytest.fixture
def order(probe_entry) -> Order:
    order = place(
        make_cart(probe_entry), payer_email="payer@example.org", email="alice@example.org", contact_name="Alice Roy"
    )
    choose_method(order_id=order.pk, method="transfer", actor=None, now=timezone.now())
    return order


def address(order: Order) -> str:
    """Return the path of the link in the mail to the payer."""
    mail = Mail.objects.get(kind="payer_instructions", order_id=order.pk)
    [path] = re.findall(r"/pay/[\w-]+/", render_mail(mail, blank_secrets=False).text)
    return path


def test_shows_amount_seller_who_asks_and_what_was_ordered(order, client):
    page = client.get(address(order)).content.decode()
    assert "€120.00 to pay" in page
    assert order.transfer_reference in page
    assert order.billing_name in page
    assert order.lines.get().name in page


def test_shows_nothing_else(order, client):
    page = client.get(address(order)).content.decode()
    for secret in (order.token, order.contact_email, order.contact_name, order.payer_email):
        assert secret not in page


def test_asks_for_what_is_still_to_come(order, client):
    piece(order, 100, "one")
    assert "€20.00 to pay" in client.get(address(order)).content.decode()
    piece(order, 20, "two")
    page = client.get(address(order)).content.decode()
    assert "This is paid. Thank you." in page
    assert "IBAN" not in page


def test_says_so_once_the_order_has_ended(order, client):
    path = address(order)
    cancel_order(order_id=order.pk, actor=None, now=NOW)
    page = client.get(path).content.decode()
    assert "the order has ended" in page
    assert "IBAN" not in page


def test_only_its_hash_is_stored(order):
    token = address(order).split("/")[2]
    stored = PaymentRequest.objects.values_list("link_hash", "link_nonce").get()
    assert token not in stored
    assert len(token) == 43


def test_other_tokens_open_nothing_and_are_limited(order, client, settings):
    settings.RATE_LIMITS = {"unknown pay link": "2/10m/ip"}
    codes = [client.get(reverse("pay-link", args=[token])).status_code for token in (order.token, "x", "y")]
    assert codes == [404, 404, 429]


def test_the_mail_kept_in_the_administration_shows_no_link(order):
    mail = Mail.objects.get(kind="payer_instructions")
    assert "/pay/" not in render_mail(mail, blank_secrets=True).text
