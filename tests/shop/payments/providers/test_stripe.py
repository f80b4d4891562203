"""Stripe: amounts, late answers, refunds and disputes, other programs' sessions, and errors of the service."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from shop.payments.attempts.models import PaymentAttempt
from shop.payments.attempts.services import ProviderSilent, attempt_told, start_payment
from shop.payments.configured.keyed import Connection
from shop.payments.models import Payment, PaymentEvent
from shop.payments.port import CallRefused, RefundState, Unreachable
from shop.payments.providers.stripe.amounts import at_stripe, from_stripe
from shop.payments.providers.stripe.provider import provider as stripe
from shop.payments.registry import origins
from shop.payments.services import methods_for
from tests.shop.payments.providers.desks import AtStripe, ask, receive_waiting, status_of, stripe_desk
from workbench.stand_ins import stripe as stand_in

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def desk(monkeypatch) -> Iterator[AtStripe]:
    with stripe_desk(monkeypatch) as desk:
        yield desk


@pytest.mark.parametrize(
    ("amount", "currency", "units"),
    [
        ("120.00", "EUR", 12_000),
        ("120", "JPY", 120),
        ("1.230", "KWD", 1_230),
        ("12.00", "ISK", 1_200),
        ("12.00", "UGX", 1_200),
        ("0.01", "USD", 1),
    ],
)
def test_amounts_are_counted_as_stripe_counts_them(amount, currency, units):
    assert at_stripe(Decimal(amount), currency) == units
    assert from_stripe(units, currency) == Decimal(amount)


@pytest.mark.parametrize(("amount", "currency"), [("0.5", "JPY"), ("1.234", "KWD"), ("0.001", "EUR")])
def test_an_amount_that_it_cannot_take_is_refused(amount, currency):
    with pytest.raises(CallRefused, match="amount_too_fine"):
        at_stripe(Decimal(amount), currency)


def test_it_is_told_order_key_amount_and_addresses(order, attempt, desk):
    session = desk.service.get(attempt.reference)
    assert session["metadata"] == {"order": order.number, "key": str(attempt.key)}
    assert (session["amount_total"], session["currency"]) == (12_000, "eur")
    assert session["success_url"].endswith(f"/payments/stripe/return/{order.token}/")
    assert session["cancel_url"].endswith(f"/orders/{order.token}/")
    assert attempt.url == f"{desk.service.page_base}/pay/{session['id']}"


def test_an_answer_that_comes_days_later_is_waited_for(order, attempt, desk):
    desk.service.pay(attempt.reference, "later")
    assert receive_waiting(desk) == ["under_way"]
    assert (status_of(order), Payment.objects.get().status) == ("placed", "pending")
    desk.service.answer_late(attempt.reference, success=True)
    assert receive_waiting(desk) == ["settled"]
    assert status_of(order) == "paid"


def test_a_late_no_lets_the_customer_pay_again(order, attempt, desk):
    desk.service.pay(attempt.reference, "later")
    receive_waiting(desk)
    desk.service.answer_late(attempt.reference, success=False)
    assert receive_waiting(desk) == ["declined"]
    assert start_payment(order=order, provider=stripe, now=timezone.now()).pk != attempt.pk


def test_a_session_that_expired_ends_the_attempt_and_shows_no_payment(order, attempt, desk):
    desk.service.expire(desk.service.get(attempt.reference))
    assert receive_waiting(desk) == ["ended"]
    attempt.refresh_from_db()
    assert attempt.state == "ended"
    assert not Payment.objects.exists()


def test_a_withdrawn_attempt_is_ended_there(attempt, desk):
    PaymentAttempt.objects.update(withdrawn_at=timezone.now())
    ask(attempt)
    assert desk.service.get(attempt.reference)["status"] == "expired"
    attempt.refresh_from_db()
    assert attempt.state == "ended"


def test_what_was_paid_before_the_end_is_settled(order, attempt, desk):
    desk.service.pay(attempt.reference, "pay")
    PaymentAttempt.objects.update(withdrawn_at=timezone.now())
    ask(attempt)
    assert status_of(order) == "paid"


def test_a_refund_and_its_failure_are_recorded_once_each(attempt, desk):
    desk.service.pay(attempt.reference, "pay")
    receive_waiting(desk)
    refund = stripe.refund(reference=attempt.reference, amount=Decimal("20.00"), currency="EUR", key="refund-1")
    assert refund.state == RefundState.SUCCEEDED
    assert stripe.find_refund(reference=attempt.reference, key="refund-1") == refund
    assert stripe.find_refund(reference=attempt.reference, key="refund-2") is None
    desk.service.tell("refund.updated", desk.service.get(refund.reference))
    receive_waiting(desk)
    desk.service.fail_refund(refund.reference)
    receive_waiting(desk)
    afterwards = PaymentEvent.objects.exclude(kind="succeeded").order_by("pk")
    assert [(event.kind, event.amount) for event in afterwards] == [
        ("refunded", Decimal("20.00")),
        ("refund_failed", Decimal("20.00")),
    ]
    assert stripe.fetch_refund(refund.reference).reason == "lost_or_stolen_card"


def test_the_sum_of_refunds_is_never_more_than_was_taken(attempt, desk):
    desk.service.pay(attempt.reference, "pay")
    stripe.refund(reference=attempt.reference, amount=Decimal("100.00"), currency="EUR", key="refund-1")
    with pytest.raises(CallRefused, match="charge_already_refunded"):
        stripe.refund(reference=attempt.reference, amount=Decimal("20.01"), currency="EUR", key="refund-2")


def test_what_nobody_paid_is_not_refunded(attempt):
    with pytest.raises(CallRefused, match="not_paid"):
        stripe.refund(reference=attempt.reference, amount=Decimal("1.00"), currency="EUR", key="refund-1")


def test_a_dispute_and_its_end_are_recorded_with_the_payment(order, attempt, desk):
    desk.service.pay(attempt.reference, "pay")
    receive_waiting(desk)
    desk.service.dispute(attempt.reference)
    desk.service.dispute(attempt.reference, status="won")
    receive_waiting(desk)
    found = PaymentEvent.objects.filter(kind__startswith="dispute")
    # Looked up when the message comes: the first one is told of the end as well.
    assert {(event.kind, event.payment.reference) for event in found} == {("dispute_won", attempt.reference)}
    assert status_of(order) == "paid"


def test_a_session_of_another_program_does_not_concern_the_shop(attempt, desk):
    desk.service.get(attempt.reference)["metadata"] = {}
    desk.service.pay(attempt.reference, "pay")
    assert receive_waiting(desk) == [None]
    assert not PaymentEvent.objects.exists()


def test_messages_about_other_things_are_left_alone(attempt, desk):
    desk.service.tell("payout.paid", {"id": "po_1"})
    assert receive_waiting(desk) == [None]


def test_the_webhook_reads_the_body_as_it_was_signed(order, attempt, desk):
    desk.service.pay(attempt.reference, "pay")
    body = desk.service.waiting[0]
    headers = {"Stripe-Signature": stand_in.signature(body)}
    where = reverse("payment-webhook", args=["stripe"])
    answers = [
        Client(enforce_csrf_checks=True).post(where, each, content_type="application/json", headers=headers).status_code
        for each in (body, body, body.replace(b"evt", b"evx"))
    ]
    assert answers == [204, 204, 400]
    assert status_of(order) == "paid"


class TestTheServiceFails:
    def test_an_answer_that_is_lost_costs_no_second_session(self, order, desk):
        desk.service.dies = True
        with pytest.raises(ProviderSilent):
            start_payment(order=order, provider=stripe, now=timezone.now())
        desk.service.dies = False
        start_payment(order=order, provider=stripe, now=timezone.now())
        assert len(desk.service.of("cs")) == 1
        assert PaymentAttempt.objects.get().reference == desk.service.of("cs")[0]["id"]

    def test_the_sweep_finds_the_session_whose_answer_was_lost(self, order, desk):
        desk.service.dies = True
        with pytest.raises(ProviderSilent):
            start_payment(order=order, provider=stripe, now=timezone.now())
        desk.service.dies = False
        attempt = PaymentAttempt.objects.get()
        ask(attempt)
        attempt.refresh_from_db()
        assert (attempt.state, attempt.reference) == ("started", desk.service.of("cs")[0]["id"])

    def test_a_service_that_cannot_be_reached_is_told_from_one_that_refuses(self, order, desk, monkeypatch):
        monkeypatch.setenv("STRIPE_API_BASE", "http://127.0.0.1:9")
        with pytest.raises(Unreachable):
            stripe.check_connection()
        monkeypatch.setenv("STRIPE_API_BASE", desk.service.page_base)
        assert stripe.check_connection() == Connection("Stand-in Academy", is_test=True)
        monkeypatch.setenv("STRIPE_SECRET_KEY", "sk_test_wrong")
        with pytest.raises(CallRefused, match="api_key_invalid"):
            stripe.check_connection()

    def test_a_message_is_asked_for_again_while_the_service_is_away(self, attempt, desk, monkeypatch):
        desk.service.pay(attempt.reference, "pay")
        body = desk.service.waiting[0]
        monkeypatch.setenv("STRIPE_API_BASE", "http://127.0.0.1:9")
        answer = Client().post(
            reverse("payment-webhook", args=["stripe"]),
            body,
            content_type="application/json",
            headers={"Stripe-Signature": stand_in.signature(body)},
        )
        assert answer.status_code == 503


class TestOffers:
    def test_test_keys_are_not_offered_where_money_counts(self, order, desk, settings):
        assert stripe in methods_for(order)
        settings.IMAGINARY_MONEY = False
        assert stripe not in methods_for(order)

    def test_forms_lead_to_its_page(self, desk, monkeypatch):
        assert desk.service.page_base in origins()
        monkeypatch.delenv("STRIPE_API_BASE")
        assert "https://checkout.stripe.com" in origins()


def test_the_same_call_in_another_shape_is_refused_and_ends_nothing(attempt, desk):
    changed = attempt_told(attempt)
    with pytest.raises(CallRefused, match="idempotency_error"):
        stripe.start(type(changed)(**(vars(changed) | {"title": "Another"})))
