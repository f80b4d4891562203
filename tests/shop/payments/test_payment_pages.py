"""The sandbox, the return page and the webhook over HTTP."""

import json

import pytest
from django.test import Client

from outbox.jobs.models import Job
from outbox.jobs.running import run_due_jobs
from shop.orders.models import Order
from shop.payments.models import Payment, PaymentEvent, Settlement
from shop.payments.providers.sandbox import bank
from shop.payments.providers.sandbox.provider import event_of
from shop.payments.registry import get_provider
from tests.factories.shop import charge_at_sandbox, make_cart, place

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def order(probe_entry) -> Order:
    return place(make_cart(probe_entry))


def choose(client: Client, order: Order, choice: str):
    return client.post(f"/payments/sandbox/pay/{order.token}/", {"choice": choice})


def come_back(client: Client, order: Order):
    return client.get(f"/payments/sandbox/return/{order.token}/")


def status_of(order: Order) -> str:
    return Order.objects.values_list("status", flat=True).get(pk=order.pk)


def test_paying_leads_back_to_the_order_which_is_paid_once(client, order):
    answer = choose(client, order, "succeed")
    assert answer["Location"] == f"/orders/{order.token}/"
    assert come_back(client, order)["Location"] == f"/orders/{order.token}/"
    assert status_of(order) == "paid"
    assert Settlement.objects.count() == 1


def test_two_notifications_and_the_return_settle_once(client, order):
    choose(client, order, "twice")
    come_back(client, order)
    come_back(client, order)
    assert Settlement.objects.count() == 1
    assert Job.objects.filter(kind="fulfil_line").count() == 1
    assert PaymentEvent.objects.filter(outcome="settled").count() == 1


def test_after_a_decline_one_can_pay_again(client, order):
    choose(client, order, "decline")
    come_back(client, order)
    assert status_of(order) == "placed"
    choose(client, order, "succeed")
    assert status_of(order) == "paid"


def test_a_late_answer_arrives_by_itself(client, order):
    choose(client, order, "late")
    come_back(client, order)
    assert status_of(order) == "placed"
    assert Payment.objects.get().status == "pending"
    Job.objects.filter(kind="sandbox_notification").update(due_at="2020-01-01T00:00:00Z")
    run_due_jobs()
    assert status_of(order) in ("paid", "completed")


def test_a_charge_that_is_answered_late_is_never_noted_without_its_answer(client, order, monkeypatch):
    def killed(**_job: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("shop.payments.providers.sandbox.views.enqueue", killed)
    with pytest.raises(KeyboardInterrupt):
        choose(client, order, "late")
    assert not Payment.objects.exists()


def test_coming_back_without_having_paid_believes_no_parameter(client, order):
    client.get(f"/payments/sandbox/return/{order.token}/", {"status": "succeeded", "amount": "120.00"})
    assert status_of(order) == "placed"
    assert not PaymentEvent.objects.exists()


def test_3_d_secure_asks_and_then_pays(client, order):
    page = choose(client, order, "secure")
    assert (page.status_code, Payment.objects.count()) == (200, 0)
    assert [value for value, _label in page.context["choices"]] == ["succeed", "decline"]
    choose(client, order, "succeed")
    assert status_of(order) == "paid"


def test_a_disputed_payment_stays_paid_and_is_shown_to_the_merchant(client, order):
    choose(client, order, "dispute")
    assert status_of(order) == "paid"
    assert [event.kind for event in PaymentEvent.objects.needing_attention()] == ["disputed"]


def test_the_payment_whose_refund_fails_tells_so_later(client, order):
    choose(client, order, "refund_fails")
    sandbox = get_provider("sandbox")
    answer = sandbox.refund(
        reference=Payment.objects.get().reference, amount=order.gross, currency=order.currency, key="k"
    )
    assert answer.state == "pending"
    assert sandbox.fetch_refund(answer.reference).state == "failed"


@pytest.mark.parametrize("choice", ["", "free", "SUCCEED", "x" * 1000])
def test_an_unknown_choice_changes_nothing(client, order, choice):
    assert choose(client, order, choice).status_code == 400
    assert not Payment.objects.exists()


def test_looking_at_the_sandbox_changes_nothing(client, order):
    assert client.get(f"/payments/sandbox/pay/{order.token}/").status_code == 200
    assert not Payment.objects.exists()


@pytest.mark.parametrize("path", ["pay", "return"])
def test_an_unknown_token_is_not_found(client, order, path):
    assert client.get(f"/payments/sandbox/{path}/guess/").status_code == 404


def test_a_paid_order_cannot_be_paid_again_there(client, order):
    choose(client, order, "succeed")
    assert choose(client, order, "succeed").status_code == 404


class TestWebhook:
    def message(self, order: Order) -> tuple[bytes, str]:
        from django.utils import timezone

        charge = charge_at_sandbox(order, "succeed", now=timezone.now())
        return bank.notification(event_of(charge, event_id=f"n:{charge.reference}"))

    def post(self, body: bytes, signature: str, provider: str = "sandbox"):
        return Client(enforce_csrf_checks=True).post(
            f"/payments/{provider}/webhook/",
            data=body,
            content_type="application/json",
            headers={"X-Sandbox-Signature": signature},
        )

    def test_a_signed_notification_settles_and_again_changes_nothing(self, order):
        body, signature = self.message(order)
        assert [self.post(body, signature).status_code for _ in range(3)] == [204, 204, 204]
        assert Settlement.objects.count() == 1

    def test_what_the_provider_did_not_sign_is_refused(self, order):
        body, signature = self.message(order)
        forged = json.dumps(json.loads(body) | {"amount": "0.01"}).encode()
        for attempt in ((forged, signature), (body, ""), (body, "é" * 64), (b"", signature), (b"\xff", "00")):
            assert self.post(*attempt).status_code == 400
        assert not PaymentEvent.objects.exists()

    @pytest.mark.parametrize(
        "nonsense",
        [
            *(
                {"event": ""},
                {"event": None},
                {"event": "x" * 201},
                {"event": "\0"},
                {"event": "\ud800"},
                {"reference": []},
            ),
            *({"kind": None}, {"kind": {}}, {"order": 5}, {"order": "9" * 61}, {"currency": "EURO"}),
            *({"currency": "120"}, {"currency": "eur"}, {"currency": "JPY", "amount": "0.50"}),
            *({"amount": "NaN"}, {"amount": "1E+400"}, {"amount": -1}, {"amount": "0.001"}, {"amount": None}),
            *({"amount": "10000000000"}, {"more": "\0"}, {"more": float("inf")}, {"more": "\udfff"}),
        ],
        ids=str,
    )
    def test_a_signed_notification_that_cannot_be_kept_is_refused(self, order, nonsense):
        body = json.dumps(json.loads(self.message(order)[0]) | nonsense).encode()
        assert self.post(body, bank.signature(body)).status_code == 400
        assert not PaymentEvent.objects.exists()

    @pytest.mark.parametrize("body", [b"", b"{", b"[]", b"5", b"\xff\xfe", b"[" * 100_000, b"{}"], ids=range(7))
    def test_a_signed_notification_that_is_no_message_is_refused(self, order, body):
        assert self.post(body, bank.signature(body)).status_code == 400

    def test_providers_without_notifications_refuse_all(self, order):
        body, signature = self.message(order)
        assert self.post(body, signature, "transfer").status_code == 400
        assert self.post(body, signature, "free").status_code == 400
        assert self.post(body, signature, "unknown").status_code == 404

    def test_only_posts_are_taken(self, client, order):
        assert client.get("/payments/sandbox/webhook/").status_code == 405
