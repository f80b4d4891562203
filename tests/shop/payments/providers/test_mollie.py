"""Mollie: amounts, unsigned messages, late answers, refunds and chargebacks, and keys that it forgets."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from shop.payments.attempts.models import PaymentAttempt
from shop.payments.attempts.services import ProviderSilent, attempt_told, start_payment
from shop.payments.configured.keyed import Connection
from shop.payments.models import Payment, PaymentEvent
from shop.payments.port import CallRefused, NotificationRefused, RefundState, Unreachable
from shop.payments.providers.mollie.client import from_mollie, to_mollie
from shop.payments.providers.mollie.provider import provider as mollie
from shop.payments.registry import origins
from shop.payments.services import methods_for
from tests.shop.payments.providers.desks import AtMollie, ask, mollie_desk, receive_waiting, status_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def desk(monkeypatch) -> Iterator[AtMollie]:
    with mollie_desk(monkeypatch) as desk:
        yield desk


def post(body: bytes) -> int:
    where = reverse("payment-webhook", args=["mollie"])
    client = Client(enforce_csrf_checks=True)
    return client.post(where, body, content_type="application/x-www-form-urlencoded").status_code


@pytest.mark.parametrize(
    ("amount", "currency", "value"),
    [("120.00", "EUR", "120.00"), ("120", "JPY", "120"), ("120.00", "JPY", "120"), ("0.1", "USD", "0.10")],
)
def test_amounts_have_the_decimals_of_their_currency(amount, currency, value):
    assert to_mollie(Decimal(amount), currency) == {"currency": currency, "value": value}
    assert from_mollie(to_mollie(Decimal(amount), currency)) == (Decimal(amount), currency)


def test_what_is_finer_or_no_amount_is_refused():
    with pytest.raises(CallRefused, match="amount_too_fine"):
        to_mollie(Decimal("0.5"), "JPY")
    with pytest.raises(NotificationRefused):
        from_mollie({"currency": "EUR", "value": "much"})


def test_it_is_told_order_key_amount_and_addresses(order, attempt, desk):
    payment = desk.service.get(attempt.reference)
    assert payment["metadata"] == {"order": order.number, "key": str(attempt.key)}
    assert payment["amount"] == {"currency": "EUR", "value": "120.00"}
    assert payment["redirectUrl"].endswith(f"/payments/mollie/return/{order.token}/")
    assert payment["webhookUrl"].endswith("/payments/mollie/webhook/")
    assert attempt.url == f"{desk.service.page_base}/pay/{payment['id']}"


def test_an_answer_that_comes_days_later_is_waited_for(order, attempt, desk):
    desk.service.become(attempt.reference, "pending")
    assert receive_waiting(desk) == ["under_way"]
    assert (status_of(order), Payment.objects.get().status) == ("placed", "pending")
    desk.service.become(attempt.reference, "paid")
    assert receive_waiting(desk) == ["settled"]
    assert status_of(order) == "paid"


@pytest.mark.parametrize("status", ["canceled", "expired"])
def test_what_nobody_paid_ends_the_attempt_and_shows_no_payment(attempt, desk, status):
    desk.service.become(attempt.reference, status)
    assert receive_waiting(desk) == ["ended"]
    attempt.refresh_from_db()
    assert attempt.state == "ended"
    assert not Payment.objects.exists()


def test_a_withdrawn_attempt_is_ended_there(attempt, desk):
    PaymentAttempt.objects.update(withdrawn_at=timezone.now())
    ask(attempt)
    assert desk.service.get(attempt.reference)["status"] == "canceled"
    attempt.refresh_from_db()
    assert attempt.state == "ended"


def test_one_that_cannot_be_ended_there_is_asked_about_until_it_expires(order, attempt, desk):
    desk.service.get(attempt.reference)["isCancelable"] = False
    PaymentAttempt.objects.update(withdrawn_at=timezone.now())
    ask(attempt)
    attempt.refresh_from_db()
    assert (attempt.state, attempt.problem) == ("started", "")
    desk.service.become(attempt.reference, "paid")
    ask(attempt)
    assert status_of(order) == "paid"


class TestMessages:
    def test_the_webhook_believes_nothing_but_the_reference(self, order, attempt, desk):
        assert post(f"id={attempt.reference}&status=paid".encode()) == 200
        assert status_of(order) == "placed"
        desk.service.become(attempt.reference, "paid")
        assert [post(body) for body in (*desk.service.waiting, *desk.service.waiting)] == [204, 204]
        assert status_of(order) == "paid"

    def test_a_payment_never_noted_is_answered_200_and_asks_nobody(self, desk, monkeypatch):
        monkeypatch.setenv("MOLLIE_API_BASE", "http://127.0.0.1:9")
        assert post(b"id=tr_never0noted") == 200
        assert not PaymentEvent.objects.exists()

    def test_who_tries_references_is_stopped_and_true_messages_from_there_are_not(self, order, attempt, desk, settings):
        settings.RATE_LIMITS = {"bad notification": "2/m/ip"}
        assert [post(f"id=tr_guess{number}".encode()) for number in range(3)] == [200, 200, 429]
        desk.service.become(attempt.reference, "paid")
        assert post(desk.service.waiting[0]) == 204

    def test_a_message_is_asked_for_again_while_the_service_is_away(self, attempt, desk, monkeypatch):
        desk.service.become(attempt.reference, "paid")
        monkeypatch.setenv("MOLLIE_API_BASE", "http://127.0.0.1:9")
        assert post(desk.service.waiting[0]) == 503

    def test_doubled_and_shuffled_ones_settle_once(self, order, attempt, desk):
        desk.service.twice = True
        desk.service.become(attempt.reference, "pending")
        desk.service.become(attempt.reference, "paid")
        assert set(receive_waiting(desk)) == {"settled"}
        assert PaymentEvent.objects.filter(kind="succeeded").count() == 1

    def test_a_payment_of_another_program_does_not_concern_the_shop(self, attempt, desk):
        desk.service.get(attempt.reference)["metadata"] = "theirs"
        desk.service.become(attempt.reference, "paid")
        assert receive_waiting(desk) == [None]
        assert not PaymentEvent.objects.exists()


class TestMoneyBack:
    @pytest.fixture(autouse=True)
    def paid(self, attempt, desk) -> None:
        desk.service.become(attempt.reference, "paid")
        receive_waiting(desk)

    def refund(self, attempt: PaymentAttempt, amount: str, key: str):
        return mollie.refund(reference=attempt.reference, amount=Decimal(amount), currency="EUR", key=key)

    def told(self) -> list[tuple[str, Decimal]]:
        afterwards = PaymentEvent.objects.exclude(kind="succeeded").order_by("pk")
        return [(event.kind, event.amount) for event in afterwards]

    def test_a_refund_and_its_failure_are_recorded_once_each(self, attempt, desk):
        refund = self.refund(attempt, "20.00", "refund-1")
        assert mollie.find_refund(reference=attempt.reference, key="refund-1") == refund
        assert mollie.find_refund(reference=attempt.reference, key="refund-2") is None
        assert receive_waiting(desk) == ["recorded"]
        desk.service.get(attempt.reference)["_embedded"]["refunds"][0]["status"] = "failed"
        desk.service.tell(attempt.reference)
        receive_waiting(desk)
        assert self.told() == [("refunded", Decimal("20.00")), ("refund_failed", Decimal("20.00"))]
        assert mollie.fetch_refund(refund.reference).state == RefundState.FAILED

    def test_a_refund_that_waits_is_followed(self, attempt, desk):
        desk.service.refunds_are = "pending"
        refund = self.refund(attempt, "20.00", "refund-1")
        assert refund.state == RefundState.PENDING
        receive_waiting(desk)
        assert self.told() == []

    def test_a_key_that_mollie_has_forgotten_sends_nothing_twice(self, attempt, desk):
        first = self.refund(attempt, "20.00", "refund-1")
        desk.service.forgets = True
        assert self.refund(attempt, "20.00", "refund-1") == first
        assert len(desk.service.get(attempt.reference)["_embedded"]["refunds"]) == 1

    def test_the_sum_of_refunds_is_never_more_than_was_taken(self, attempt):
        self.refund(attempt, "100.00", "refund-1")
        with pytest.raises(CallRefused, match="422_amount"):
            self.refund(attempt, "20.01", "refund-2")

    def test_a_chargeback_and_its_end_are_recorded_with_the_payment(self, order, attempt, desk):
        chargeback = desk.service.charge_back(attempt.reference)
        receive_waiting(desk)
        chargeback["reversedAt"] = "2026-11-30T10:00:00+00:00"
        desk.service.tell(attempt.reference)
        receive_waiting(desk)
        assert self.told() == [("dispute_lost", order.gross), ("dispute_won", order.gross)]
        assert {event.payment.reference for event in PaymentEvent.objects.all()} == {attempt.reference}
        assert status_of(order) == "paid"


def test_what_nobody_paid_is_not_refunded(attempt):
    with pytest.raises(CallRefused, match="not_paid"):
        mollie.refund(reference=attempt.reference, amount=Decimal("1.00"), currency="EUR", key="refund-1")


class TestTheServiceFails:
    @pytest.mark.parametrize("forgets", [False, True])
    def test_an_answer_that_is_lost_costs_no_second_payment(self, order, desk, forgets):
        """After an hour Mollie has forgotten the key, and is asked for the payment instead."""
        desk.service.dies = True
        with pytest.raises(ProviderSilent):
            start_payment(order=order, provider=mollie, now=timezone.now())
        desk.service.dies = False
        if forgets:
            desk.service.forgets = True
            PaymentAttempt.objects.update(begun_at=timezone.now() - timedelta(hours=2))
        start_payment(order=order, provider=mollie, now=timezone.now())
        assert [PaymentAttempt.objects.get().reference] == list(desk.service.payments)

    def test_a_payment_is_found_behind_hundreds_of_newer_ones(self, order, attempt, desk):
        told = desk.service.get(attempt.reference)
        asked = {name: told[name] for name in ("amount", "description", "redirectUrl")}
        for _each in range(600):
            desk.service.create(asked)
        assert mollie.find(attempt_told(attempt)).reference == attempt.reference

    def test_a_service_that_cannot_be_reached_is_told_from_one_that_refuses(self, desk, monkeypatch):
        monkeypatch.setenv("MOLLIE_API_BASE", "http://127.0.0.1:9")
        with pytest.raises(Unreachable):
            mollie.check_connection()
        monkeypatch.setenv("MOLLIE_API_BASE", desk.service.page_base)
        assert mollie.check_connection() == Connection("Stand-in Academy", is_test=True)
        monkeypatch.setenv("MOLLIE_API_KEY", "test_wrong")
        with pytest.raises(CallRefused, match="401"):
            mollie.check_connection()


class TestOffers:
    def test_a_test_key_is_not_offered_where_money_counts(self, order, desk, settings):
        assert mollie in methods_for(order)
        settings.IMAGINARY_MONEY = False
        assert mollie not in methods_for(order)

    def test_a_currency_that_it_does_not_take_is_not_offered(self, order, desk):
        order.currency = "KWD"
        assert mollie not in methods_for(order)

    def test_forms_lead_to_its_page(self, desk, monkeypatch):
        assert desk.service.page_base in origins()
        monkeypatch.delenv("MOLLIE_API_BASE")
        assert "https://www.mollie.com" in origins()
