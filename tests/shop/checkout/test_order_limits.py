"""Placing orders and choosing how to pay, over and over: stopped before a mailbox is full."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from accounts.rate_limits.models import Attempts
from catalog.models.entries import Entry
from outbox.mails.models import Mail
from project.settings.rate_limits import RATE_LIMITS
from shop.orders.models import Order
from shop.payments.models import PaymentEvent
from shop.payments.providers.sandbox import bank
from shop.payments.providers.sandbox.provider import event_of
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.shop import charge_at_sandbox, make_cart, place
from tests.shop.steps import english_client, order_as_visitor, press_order, put_in_cart, signed_in, type_details

pytestmark = pytest.mark.django_db

REFUSED = "Many orders were placed within an hour"


@pytest.fixture
def limits(settings):
    """Set production's limits, with smaller numbers where a test would take long."""
    settings.RATE_LIMITS = RATE_LIMITS | {"order": "4/h/key", "order to address": "2/h/key"}


def from_address(address: str) -> Client:
    client = english_client()
    client.defaults["REMOTE_ADDR"] = address
    return client


def order_and_cancel(client: Client, entry: Entry, **details: str) -> None:
    order = order_as_visitor(client, entry, **details)
    client.post(f"/orders/{order.token}/cancel/")
    order.refresh_from_db()
    assert order.status == "cancelled"


def try_to_order(client: Client, entry: Entry, **details: str):
    put_in_cart(client, entry)
    type_details(client, **details)
    return press_order(client)


def test_placing_and_cancelling_in_a_loop_ends_and_the_cart_is_kept(limits, entry):
    client = from_address("203.0.113.5")
    for name in "abcd":
        order_and_cancel(client, entry, email=f"{name}@example.org")
    mails = Mail.objects.count()

    refused = try_to_order(client, entry, email="e@example.org")

    assert (refused.status_code, refused["Retry-After"]) == (429, "3600")
    assert REFUSED in refused.content.decode()
    assert (Order.objects.count(), Mail.objects.count()) == (4, mails)
    assert "Chair" in client.get("/cart/").content.decode()
    assert try_to_order(from_address("203.0.113.6"), entry, email="f@example.org").status_code == 302


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("field", ["email", "payer_email"])
def test_an_address_typed_by_many_visitors_is_spared_known_or_not(limits, entry, known, field):
    if known:
        UserFactory(email="alice@example.org")
    for number in range(2):
        typed = {"email": f"{number}@example.org", field: "alice@example.org"}
        order_and_cancel(from_address(f"203.0.113.{number}"), entry, **typed)

    refused = try_to_order(from_address("203.0.113.9"), entry, **{"email": "b@example.org", field: "alice@example.org"})

    # The refusal says word for word what a person reads who placed too many orders.
    assert (refused.status_code, refused["Retry-After"]) == (429, "3600")
    assert REFUSED in refused.content.decode()


def test_who_has_proved_the_address_may_order_though_others_typed_it(limits, entry):
    for number in range(2):
        order_and_cancel(from_address(f"203.0.113.{number}"), entry, email="alice@example.org")
    alice = signed_in(UserFactory(email="alice@example.org"))

    assert try_to_order(alice, entry).status_code == 302


def test_the_payer_an_account_has_on_record_is_mailed_as_often_as_it_orders(limits, entry):
    owner = MembershipFactory(account__payer_email="accounting@example.org").user
    client = signed_in(owner)
    for _number in range(3):
        put_in_cart(client, entry)
        account = client.get("/checkout/details/").context["form"].initial
        typed = {name: account[name] for name in ("account", "payer_email", "street")}
        type_details(client, **typed, operator=owner.pk)
        assert press_order(client).status_code == 302


def test_pressing_twice_is_one_order_and_counts_once(limits, settings, entry):
    settings.RATE_LIMITS = RATE_LIMITS | {"order": "1/h/key"}
    client = from_address("203.0.113.5")
    order_as_visitor(client, entry)
    assert client.post("/checkout/review/").status_code == 302


def test_ways_to_pay_are_not_chosen_for_ever(limits, settings, entry):
    settings.RATE_LIMITS = RATE_LIMITS | {"payment method": "3/h/key"}
    client = from_address("203.0.113.5")
    order = order_as_visitor(client, entry)
    other = order_as_visitor(client, entry, email="b@example.org")

    def choose(which: Order, method: str) -> int:
        return client.post(f"/orders/{which.token}/pay/", {"method": method}).status_code

    methods = ["transfer", "sandbox", "transfer", "sandbox"]
    assert [choose(order, method) for method in methods] == [302, 302, 302, 429]
    assert choose(other, "transfer") == 302


def test_notifications_nobody_signed_are_counted_and_signed_ones_are_not(limits, settings):
    settings.RATE_LIMITS = {"bad notification": "2/m/ip"}

    def notify(address: str) -> int:
        path = "/payments/sandbox/webhook/"
        return Client().post(path, "{}", content_type="application/json", REMOTE_ADDR=address).status_code

    assert [notify("203.0.113.5") for _ in range(3)] == [400, 400, 429]
    assert notify("203.0.113.6") == 400


def post_notification(body: bytes, signature: str) -> int:
    """Post a notification from one fixed network address and return the status."""
    return Client().post(
        "/payments/sandbox/webhook/",
        body,
        content_type="application/json",
        headers={"X-Sandbox-Signature": signature},
        REMOTE_ADDR="203.0.113.5",
    ).status_code  # fmt: skip


def confirmation(order: Order) -> tuple[bytes, str]:
    charge = charge_at_sandbox(order, "succeed", now=timezone.now())
    return bank.notification(event_of(charge, event_id="paid"))


def test_a_provider_that_tells_much_of_no_interest_is_heard_when_it_confirms(settings, entry):
    settings.RATE_LIMITS = RATE_LIMITS
    order = place(make_cart(entry))

    assert {post_notification(*bank.payout()) for _ in range(31)} == {200}
    assert not PaymentEvent.objects.exists()
    assert not Attempts.objects.exists()

    assert post_notification(*confirmation(order)) == 204
    assert PaymentEvent.objects.get().outcome == "settled"


def test_signed_messages_without_sense_are_refused_and_not_counted(settings, entry):
    settings.RATE_LIMITS = RATE_LIMITS
    nonsense = b'{"kind": "succeeded"}'

    assert {post_notification(nonsense, bank.signature(nonsense)) for _ in range(31)} == {400}
    assert not Attempts.objects.exists()


def test_no_number_of_forged_messages_shuts_a_signed_one_out(settings, entry):
    settings.RATE_LIMITS = RATE_LIMITS
    order = place(make_cart(entry))
    body, signature = confirmation(order)

    forged = [post_notification(body, "0" * 64) for _ in range(33)]

    assert forged == [400] * 30 + [429] * 3
    assert not PaymentEvent.objects.exists()
    assert post_notification(*bank.payout()) == 200
    assert post_notification(body, signature) == 204
    assert PaymentEvent.objects.get().outcome == "settled"
