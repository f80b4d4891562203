"""Charge-backs on the pages of customers and merchants."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.utils import timezone

from outbox.mails.models import Mail
from outbox.mails.rendering import render_mail
from shop.orders.models import Order
from shop.payments.attempts.services import begin_attempt
from shop.payments.registry import get_provider
from shop.payments.requests.using import keep_as_credit
from shop.payments.services import methods_for
from tests.factories.accounts import MembershipFactory
from tests.factories.shop import make_cart, pay, place
from tests.shop.admin_pages import text_of
from tests.shop.merchants import browser_of, staff
from tests.shop.payments.requests.test_money_page import page_for
from tests.shop.steps import english_client

pytestmark = pytest.mark.django_db


@pytest.fixture
def member(db):
    return MembershipFactory(is_owner=True)


@pytest.fixture
def order(probe_entry, member) -> Order:
    order = place(make_cart(probe_entry, user=member.user), user=member.user, account=member.account)
    pay(order)
    return order


def lose(order: Order, **more: object) -> None:
    pay(order, kind="dispute_lost", event_id="dp_1:dispute_lost", **more)


def page_of(order: Order, member) -> str:
    client = english_client()
    client.force_login(member.user)
    return text_of(client.get(f"/orders/{order.token}/"))


def test_the_orders_page_says_what_is_owed_again_and_why(order, member):
    assert "taken back" not in page_of(order, member)
    lose(order, amount=Decimal(20))
    page = page_of(order, member)
    assert "€20.00 are still to be paid." in page
    assert "Your bank has taken back €20.00 that you had paid." in page
    pay(order, reference="second", amount=Decimal(20))
    assert "taken back" not in page_of(order, member)


def test_it_can_be_paid_again_on_a_providers_page(order):
    order.refresh_from_db()
    assert methods_for(order) == []
    lose(order, amount=Decimal(20))
    assert "sandbox" in {method.name for method in methods_for(order)}
    attempt = begin_attempt(order=order, provider=get_provider("sandbox"), now=timezone.now())
    assert attempt.amount == 20


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", "Your bank has taken back €20.00 that you had paid for order"),
        ("fr", "Votre banque a repris 20,00 € que vous aviez payés pour la commande"),
    ],
)
def test_the_customer_is_mailed_once(order, language, told):
    lose(order, amount=Decimal(20))
    lose(order, amount=Decimal(20))
    [mail] = Mail.objects.filter(kind="charged_back")
    mail.language = language
    assert mail.recipient == order.contact_email
    assert told in " ".join(render_mail(mail, blank_secrets=False).text.replace("\u202f", " ").split())


def test_the_accounts_page_shows_the_debt_and_what_became_of_the_payment(order, member, client):
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    lose(order, amount=Decimal(20))
    page = page_for(client, member)
    assert "your bank has taken €20.00 back" in page
    assert "Nothing is to be paid." not in page


def test_the_accounts_page_tells_of_credit_that_was_used_and_is_gone(order, member, client):
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    pay(order, reference="second")
    event = order.payment_events.get(outcome="second_charge")
    keep_as_credit(event_id=event.pk, reason="", actor=member.user, now=timezone.now())
    lose(order, reference="second")
    pay(order, kind="dispute_lost", event_id="dp_2:dispute_lost")
    assert "We keep" not in page_for(client, member)


def test_the_merchant_finds_it_on_the_start_page_in_the_list_and_in_the_history(order):
    merchant = browser_of(staff("shop.view_order", "shop.change_order"))
    assert order.number not in text_of(merchant.get("/admin/shop/order/", {"todo": "charged_back"}))
    lose(order)
    assert "Orders owed again" in text_of(merchant.get("/admin/"))
    assert order.number in text_of(merchant.get("/admin/shop/order/", {"todo": "charged_back"}))
    assert "payment taken back by the bank" in text_of(merchant.get(f"/admin/shop/order/{order.pk}/change/"))
    pay(order, reference="second")
    assert order.number not in text_of(merchant.get("/admin/shop/order/", {"todo": "charged_back"}))
