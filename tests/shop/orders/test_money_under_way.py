"""An order that ended while money may be on its way: its page and mail say so; "nothing is charged" only if it is
true."""

from __future__ import annotations

import pytest
from django.utils import timezone

from outbox.mails.models import Mail
from outbox.mails.rendering import render_mail
from shop.orders.ending import expire_orders
from shop.orders.models import Order
from shop.payments.providers.sandbox.provider import provider as sandbox
from shop.payments.services import begin_payment, settle
from tests.factories.shop import deliver, make_cart, place, success
from tests.shop.steps import english_client

pytestmark = pytest.mark.django_db

MAY_COME = "it may still take the money"
TRANSFER = "If you have ordered a transfer already"


@pytest.fixture
def order(entry) -> Order:
    return place(make_cart(entry), email="alice@example.org")


def begin(order: Order, reference: str = "late") -> None:
    begin_payment(order_id=order.pk, provider=sandbox, reference=f"{order.number}:{reference}", now=timezone.now())


def cancel(order: Order) -> str:
    return english_client().post(f"/orders/{order.token}/cancel/", follow=True).content.decode()


def page(order: Order) -> str:
    return english_client().get(f"/orders/{order.token}/").content.decode()


def mailed() -> str:
    return render_mail(Mail.objects.get(kind="order_ended"), blank_secrets=False).text


def test_nothing_is_charged_where_nothing_was_begun(order):
    html = cancel(order)
    assert "Nothing is charged." in html
    assert MAY_COME not in html + mailed()


def test_a_charge_without_an_answer_may_still_take_the_money(order):
    begin(order)
    assert "Cancelling does not stop it" in page(order)

    html = cancel(order)

    assert "Nothing is charged." not in html
    assert MAY_COME in html
    assert MAY_COME in mailed()


def test_late_money_pays_the_order_after_all_as_the_page_said(order):
    begin(order)
    cancel(order)

    settle(event=success(order, reference="late"), now=timezone.now())

    assert deliver(order).status == "completed"
    assert MAY_COME not in page(order)


def test_once_the_bank_has_declined_nothing_can_come(order):
    begin(order)
    cancel(order)
    settle(event=success(order, reference="late", kind="declined"), now=timezone.now())
    assert MAY_COME not in page(order)


def test_an_expired_order_tells_of_a_transfer_that_may_be_under_way(order):
    english_client().post(f"/orders/{order.token}/pay/", {"method": "transfer"})
    order.refresh_from_db()
    expire_orders(now=order.expires_at)
    assert TRANSFER in page(order)
    assert TRANSFER in mailed()


def test_a_declined_payment_is_not_called_the_only_one_while_another_is_under_way(order):
    begin(order, "first")
    begin(order, "second")
    settle(event=success(order, reference="second", kind="declined"), now=timezone.now())
    html = page(order)
    assert "Nothing was charged" not in html
    assert "still under way" in html


def test_money_that_was_taken_and_did_not_match_is_not_called_nothing(order):
    settle(event=success(order, amount=order.gross - 1), now=timezone.now())
    html = cancel(order)
    assert "Nothing is charged." not in html
    assert "could not allocate" in html
