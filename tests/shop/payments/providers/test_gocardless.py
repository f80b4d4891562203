"""GoCardless: mandates and the payment made by them, banks that answer days later, charge-backs, refunds, messages with
many events."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from shop.orders.ending import cancel_order, expire_orders
from shop.orders.models import Order
from shop.payments.attempts.models import PaymentAttempt
from shop.payments.attempts.services import ProviderSilent, attempt_told, start_payment
from shop.payments.attempts.sweep import sweep
from shop.payments.charge_backs.models import ChargeBack
from shop.payments.configured.keyed import Connection
from shop.payments.models import Payment, PaymentEvent
from shop.payments.port import CallRefused, Notice, NotificationRefused, RefundState, Unreachable
from shop.payments.providers.gocardless.client import from_cents, to_cents
from shop.payments.providers.gocardless.events import disputes_in
from shop.payments.providers.gocardless.provider import provider as gocardless
from shop.payments.registry import origins
from shop.payments.requests.asked import asked_of
from shop.payments.services import methods_for, receive_notification
from tests.shop.payments.providers.desks import AtGoCardless, ask, gocardless_desk, receive_waiting, status_of
from workbench.stand_ins.gocardless import signed

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def desk(monkeypatch) -> Iterator[AtGoCardless]:
    with gocardless_desk(monkeypatch) as desk:
        yield desk


def told() -> list[tuple[str, Decimal]]:
    afterwards = PaymentEvent.objects.exclude(kind="succeeded").order_by("pk")
    return [(event.kind, event.amount) for event in afterwards]


def test_amounts_are_whole_cents_of_euros():
    assert (to_cents(Decimal("120.05"), "EUR"), from_cents("12005")) == (12005, Decimal("120.05"))
    for amount, currency in ((Decimal("0.001"), "EUR"), (Decimal(1), "GBP")):
        with pytest.raises(CallRefused):
            to_cents(amount, currency)


class TestMandate:
    def test_it_is_asked_for_with_order_key_and_amount(self, order, attempt, desk):
        request = desk.service.get(attempt.reference)
        assert request["metadata"] == {"order": order.number, "key": str(attempt.key), "amount": "12000"}
        assert request["asked"]["mandate_request"] == {"currency": "EUR", "scheme": "sepa_core"}

    def test_our_page_leads_to_one_of_theirs_as_often_as_it_is_opened(self, order, attempt, desk):
        client = Client()
        pages = {client.get(attempt.url).headers["Location"] for _twice in range(2)}
        assert len(pages) == 2
        assert all(page.startswith(f"{desk.service.page_base}/pay/BRF") for page in pages)
        assert desk.service.of("billing_request_flows")[0]["asked"]["redirect_uri"].endswith(
            f"/payments/gocardless/return/{order.token}/"
        )

    def test_our_page_leads_to_the_order_once_the_mandate_is_given_or_the_service_is_away(
        self, order, attempt, desk, monkeypatch
    ):
        desk.service.agree(attempt.reference)
        assert Client().get(attempt.url).headers["Location"] == f"/orders/{order.token}/"
        monkeypatch.setenv("GOCARDLESS_API_BASE", "http://127.0.0.1:9")
        assert Client().get(attempt.url).headers["Location"] == f"/orders/{order.token}/"

    def test_the_payment_is_made_once_by_whatever_asks_first(self, order, attempt, desk):
        desk.service.agree(attempt.reference)
        desk.service.twice = True
        receive_waiting(desk)
        ask(attempt)
        Client().get(reverse("payment-return", args=["gocardless", order.token]))
        [payment] = desk.service.of("payments")
        assert payment["amount"] == 12000
        assert payment["metadata"] == {"order": order.number, "key": str(attempt.key), "request": attempt.reference}

    def test_none_is_made_for_an_order_that_has_ended(self, order, attempt, desk):
        desk.service.agree(attempt.reference)
        cancel_order(order_id=order.pk, actor=None, now=timezone.now())
        sweep(now=timezone.now())
        receive_waiting(desk)
        ask(attempt)
        assert desk.service.of("payments") == []
        attempt.refresh_from_db()
        assert attempt.state == "ended"

    def test_one_that_no_bank_has_yet_is_stopped_with_its_order(self, order, attempt, desk):
        desk.agree(attempt)
        cancel_order(order_id=order.pk, actor=None, now=timezone.now())
        sweep(now=timezone.now())
        ask(attempt)
        assert desk.service.payment_of(attempt.reference)["status"] == "cancelled"

    def test_nothing_is_asked_any_more_once_it_is_ended(self, attempt, desk):
        gocardless.end(attempt.reference)
        ask(attempt)
        attempt.refresh_from_db()
        assert attempt.state == "ended"


class TestTheBank:
    def test_an_answer_that_comes_days_later_is_waited_for(self, order, attempt, desk):
        Order.objects.update(expires_at=timezone.now() + timedelta(hours=1))
        payment = desk.agree(attempt)
        assert set(receive_waiting(desk)) == {"under_way"}
        assert (status_of(order), Payment.objects.get().status) == ("placed", "pending")
        assert expire_orders(now=timezone.now() + timedelta(days=7)) == 0
        desk.service.become(payment, "submitted")
        desk.service.become(payment, "confirmed")
        assert receive_waiting(desk)[-1] in ("settled", "known")
        assert status_of(order) == "paid"

    def test_an_order_waits_no_longer_once_nothing_is_under_way(self, order, attempt, desk):
        desk.decline(attempt)
        ask(attempt)
        assert expire_orders(now=timezone.now() + timedelta(days=30)) == 1

    def test_one_that_fails_and_is_tried_again_settles(self, order, attempt, desk):
        payment = desk.agree(attempt)
        desk.service.become(payment, "failed")
        receive_waiting(desk)
        assert Payment.objects.get().status == "declined"
        desk.service.become(payment, "confirmed")
        receive_waiting(desk)
        assert status_of(order) == "paid"


class TestMoneyTakenBack:
    @pytest.fixture
    def payment(self, attempt, desk) -> str:
        for message in desk.pay(attempt):
            receive_notification(provider=gocardless, message=message, now=timezone.now())
        return str(desk.service.payment_of(attempt.reference)["id"])

    @pytest.mark.parametrize("status", ["charged_back", "failed"])
    def test_is_owed_again(self, order, payment, desk, status):
        desk.service.become(payment, status)
        receive_waiting(desk)
        assert told() == [("dispute_lost", order.gross)]
        assert [each.request.state for each in asked_of(order)] == ["open"]
        assert status_of(order) == "paid"

    def test_and_given_up_by_the_bank_pays_again_and_may_be_taken_once_more(self, order, payment, desk):
        desk.service.become(payment, "charged_back")
        desk.service.become(payment, "confirmed", action="chargeback_cancelled")
        desk.service.shuffled = True
        receive_waiting(desk)
        assert [each.request.state for each in asked_of(order)] == ["paid"]
        desk.service.become(payment, "charged_back")
        receive_waiting(desk)
        assert told() == [("dispute_lost", order.gross), ("dispute_won", order.gross), ("dispute_lost", order.gross)]
        assert ChargeBack.objects.standing().count() == 1

    def test_is_found_without_a_message(self, attempt, payment, desk):
        desk.service.become(payment, "charged_back")
        found = gocardless.fetch_afterwards(attempt.reference, now=timezone.now())
        assert [event.kind for event in found] == ["succeeded", "dispute_lost"]

    @pytest.mark.parametrize(
        ("history", "disputes"),
        [
            (["created", "submitted", "failed"], []),
            (["confirmed", "paid_out"], []),
            (["confirmed", "failed", "resubmission_requested", "confirmed"], ["dispute_lost", "dispute_won"]),
            (["confirmed", "paid_out", "charged_back", "chargeback_settled"], ["dispute_lost"]),
        ],
    )
    def test_is_read_from_the_history(self, history, disputes):
        assert [kind for _thing, kind in disputes_in("PM1", history)] == disputes


class TestMessages:
    def post(self, body: bytes, headers: dict[str, str]) -> int:
        where = reverse("payment-webhook", args=["gocardless"])
        return Client().post(where, body, content_type="application/json", headers=headers).status_code

    def test_one_tells_of_many_things_and_those_of_others_hold_up_none(self, order, attempt, desk):
        payment = desk.agree(attempt)
        desk.service.become(payment, "confirmed")
        theirs = desk.service.new("payments", status="confirmed", amount=5, currency="EUR")
        gone = {"resource_type": "payments", "action": "confirmed", "links": {"payment": "PM999999"}}
        others = [gone | {"links": {"payment": theirs["id"]}}, {"resource_type": "payouts", "links": {}}]
        desk.service.waiting.clear()
        desk.service.tell(gone, *others, *desk.service.of("events"))
        [body] = desk.service.waiting
        assert self.post(body, dict(signed(body))) == 204
        assert status_of(order) == "paid"
        assert PaymentEvent.objects.count() == 1

    def test_of_nothing_that_the_shop_follows_leaves_no_trace(self, desk):
        desk.service.tell({"resource_type": "mandates", "action": "created", "links": {"mandate": "MD1"}})
        [body] = desk.service.waiting
        assert self.post(body, dict(signed(body))) == 200

    @pytest.mark.parametrize("body", [b"[]", b"{}", b'{"events": 1}', b'{"events": [{"resource_type": "payments"}]}'])
    def test_that_make_no_sense_are_refused_although_signed(self, desk, body):
        assert self.post(body, dict(signed(body))) == 400

    def test_come_again_while_the_token_is_wrong(self, attempt, desk, monkeypatch):
        desk.agree(attempt)
        monkeypatch.setenv("GOCARDLESS_ACCESS_TOKEN", "sandbox_revoked")
        assert self.post(desk.service.waiting[0], dict(signed(desk.service.waiting[0]))) == 400

    def test_are_asked_for_again_while_the_service_is_away(self, attempt, desk, monkeypatch):
        desk.agree(attempt)
        monkeypatch.setenv("GOCARDLESS_API_BASE", "http://127.0.0.1:9")
        assert self.post(desk.service.waiting[0], dict(signed(desk.service.waiting[0]))) == 503


class TestMoneyBack:
    @pytest.fixture(autouse=True)
    def paid(self, attempt, desk) -> None:
        for message in desk.pay(attempt):
            receive_notification(provider=gocardless, message=message, now=timezone.now())

    def refund(self, attempt: PaymentAttempt, amount: str, key: str):
        return gocardless.refund(reference=attempt.reference, amount=Decimal(amount), currency="EUR", key=key)

    def test_a_key_that_is_forgotten_sends_nothing_twice(self, attempt, desk):
        first = self.refund(attempt, "20.00", "refund-1")
        desk.service.forgets = True
        assert self.refund(attempt, "20.00", "refund-1") == first
        assert self.refund(attempt, "100.00", "refund-2").state == RefundState.SUCCEEDED
        with pytest.raises(CallRefused):
            self.refund(attempt, "0.01", "refund-3")

    def test_one_that_waits_is_followed_to_its_end(self, attempt, desk):
        desk.service.refunds_are = "submitted"
        refund = self.refund(attempt, "20.00", "refund-1")
        assert refund.state == RefundState.PENDING
        receive_waiting(desk)
        assert told() == []
        desk.service.get(refund.reference)["status"] = "bounced"
        desk.service.happen("refunds", refund.reference, "bounced")
        receive_waiting(desk)
        assert told() == [("refund_failed", Decimal("20.00"))]
        assert gocardless.fetch_refund(refund.reference).state == RefundState.FAILED
        assert gocardless.find_refund(reference=attempt.reference, key="refund-1").reference == refund.reference


class TestTheServiceFails:
    @pytest.mark.parametrize("forgets", [False, True])
    def test_an_answer_that_is_lost_costs_no_second_request(self, order, desk, forgets):
        desk.service.dies = True
        with pytest.raises(ProviderSilent):
            start_payment(order=order, provider=gocardless, now=timezone.now())
        desk.service.dies, desk.service.forgets = False, forgets
        if forgets:
            ask(PaymentAttempt.objects.get())
        start_payment(order=order, provider=gocardless, now=timezone.now())
        assert PaymentAttempt.objects.get().reference == desk.service.of("billing_requests")[-1]["id"]

    def test_a_request_is_found_behind_hundreds_of_newer_ones(self, attempt, desk):
        for _each in range(1100):
            desk.service.new("billing_requests", status="pending")
        assert gocardless.find(attempt_told(attempt)).reference == attempt.reference

    def test_a_service_that_cannot_be_reached_is_told_from_one_that_refuses(self, desk, monkeypatch):
        assert gocardless.check_connection() == Connection("Stand-in Academy", is_test=True)
        monkeypatch.setenv("GOCARDLESS_ACCESS_TOKEN", "sandbox_wrong")
        with pytest.raises(CallRefused, match="invalid_api_usage"):
            gocardless.check_connection()
        monkeypatch.setenv("GOCARDLESS_API_BASE", "http://127.0.0.1:9")
        with pytest.raises(Unreachable):
            gocardless.check_connection()

    def test_no_reference_leads_to_another_address(self, desk):
        for reference in ("BRQ1/../payments", "BRQ", "", "BRQ1?x"):
            with pytest.raises(NotificationRefused):
                gocardless.fetch_all(Notice(reference), now=timezone.now())


class TestOffers:
    def test_a_test_token_is_not_offered_where_money_counts(self, order, desk, settings):
        assert gocardless in methods_for(order)
        settings.IMAGINARY_MONEY = False
        assert gocardless not in methods_for(order)

    def test_another_currency_is_not_offered(self, order, desk):
        order.currency = "GBP"
        assert gocardless not in methods_for(order)

    def test_forms_lead_to_its_page(self, desk, monkeypatch):
        assert desk.service.page_base in origins()
        monkeypatch.delenv("GOCARDLESS_API_BASE")
        assert "https://pay-sandbox.gocardless.com" in origins()
