"""An outside payer: told how to pay, then when nothing is due any more; never anything else."""

from __future__ import annotations

import pytest
from django.utils import timezone

from outbox.mails.models import Mail
from outbox.mails.rendering import render_mail
from shop.orders.ending import cancel_order, expire_orders
from shop.orders.models import Order
from shop.payments.providers import transfer
from shop.payments.services import choose_method, settle
from tests.factories.shop import deliver, make_cart, pay, place

pytestmark = pytest.mark.django_db

PAYER = "payer@example.org"


@pytest.fixture
def order(entry) -> Order:
    return place(make_cart(entry), email="alice@example.org", payer_email=PAYER)


def choose(order: Order, method: str) -> None:
    choose_method(order_id=order.pk, method=method, actor=None, now=timezone.now())


def kinds_to(address: str) -> list[str]:
    return list(Mail.objects.filter(recipient=address).order_by("pk").values_list("kind", flat=True))


def text_to_payer(kind: str) -> str:
    return render_mail(Mail.objects.get(recipient=PAYER, kind=kind), blank_secrets=False).text


def test_paid_another_way_the_payer_is_told_not_to_pay(order):
    choose(order, "transfer")
    choose(order, "sandbox")
    pay(order)
    deliver(order)

    assert kinds_to(PAYER) == ["payer_instructions", "payer_nothing_due"]
    assert "paid in another way" in text_to_payer("payer_nothing_due")


def test_paid_by_the_payer_the_payer_is_thanked_and_the_customer_not_told_of_a_payment_of_theirs(order):
    choose(order, "transfer")
    event = transfer.received(
        order_number=order.number, reference="R-1", amount=order.gross, currency=order.currency
    )  # fmt: skip
    settle(event=event, now=timezone.now())

    assert kinds_to(PAYER) == ["payer_instructions", "payer_received"]
    text = text_to_payer("payer_received")
    assert "We have received €120.00 from you" in text
    assert "There is nothing more to pay." in text
    received = Mail.objects.get(kind="payment_received")
    assert received.recipient == "alice@example.org"
    assert "your payment" not in render_mail(received, blank_secrets=False).text


@pytest.mark.parametrize("ends", ["cancelled", "expired"])
def test_of_an_order_that_ended_unpaid_the_payer_is_told(order, ends):
    choose(order, "transfer")
    if ends == "cancelled":
        cancel_order(order_id=order.pk, actor=None, now=timezone.now())
    else:
        order.refresh_from_db()
        expire_orders(now=order.expires_at)

    assert kinds_to(PAYER) == ["payer_instructions", "payer_order_ended"]
    assert "do not transfer" in text_to_payer("payer_order_ended")


@pytest.mark.parametrize("ends", ["paid", "cancelled"])
def test_a_payer_who_was_asked_for_nothing_hears_nothing(order, ends):
    if ends == "paid":
        pay(order)
        deliver(order)
    else:
        cancel_order(order_id=order.pk, actor=None, now=timezone.now())

    assert kinds_to(PAYER) == []


def test_a_customer_who_pays_themself_gets_no_second_mail(entry):
    order = place(make_cart(entry), email="alice@example.org", payer_email="alice@example.org")
    choose(order, "transfer")
    pay(order)

    assert not [kind for kind in kinds_to("alice@example.org") if kind.startswith("payer_")]


def test_nothing_typed_by_others_and_no_link_is_mailed_to_the_payer(order):
    Order.objects.filter(pk=order.pk).update(billing_name="You won http://evil.example/")
    choose(order, "transfer")
    choose(order, "sandbox")
    pay(order)

    text = text_to_payer("payer_nothing_due")
    assert "evil" not in text
    assert order.token not in text
    assert "/accounts/link/" not in text


def test_the_customer_is_told_who_else_got_the_details(order):
    choose(order, "transfer")
    text = render_mail(Mail.objects.get(kind="payment_instructions"), blank_secrets=False).text
    assert PAYER in text
