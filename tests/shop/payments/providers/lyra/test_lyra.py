"""Lyra: its form, its messages, what they lead to, and what becomes of tries, captures and second debits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from html.parser import HTMLParser

import pycountry
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from django.utils import timezone

from shop.payments.attempts.models import PaymentAttempt
from shop.payments.attempts.services import attempt_told, start_payment
from shop.payments.attempts.sweep import ask_about_attempt
from shop.payments.models import Payment, PaymentEvent, Settlement
from shop.payments.port import (
    ENDED,
    UNDER_WAY,
    CallRefused,
    Connection,
    Forged,
    Message,
    Notice,
    NotificationRefused,
    Unreachable,
)
from shop.payments.providers.lyra.form import NUMBERS, form_fields
from shop.payments.providers.lyra.keys import keys
from shop.payments.providers.lyra.provider import provider
from shop.payments.providers.lyra.reference import reference_of
from shop.payments.registry import temporary
from shop.payments.services import ask_about, methods_for
from tests.shop.payments.providers.desks import AtLyra, lyra_desk, receive, status_of
from workbench.stand_ins import lyra as stand_in

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def desk(monkeypatch) -> Iterator[AtLyra]:
    with lyra_desk(monkeypatch) as found:
        yield found


def look_up(reference: str, *, later: timedelta = timedelta(0)) -> str | None:
    return ask_about(provider, Notice(reference), now=timezone.now() + later)


class Inputs(HTMLParser):
    """Hidden fields and target of the form that leads away."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self.action = ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        told = dict(attrs)
        if tag == "form" and "vads-payment" in (told.get("action") or ""):
            self.action = told["action"]
        if tag == "input" and self.action and told.get("type") == "hidden":
            self.fields[told["name"]] = told["value"]


class TestThePageThatLeadsThere:
    def test_choosing_it_leads_to_a_form_that_the_platform_takes(self, order, desk):
        client = Client()
        answer = client.post(f"/orders/{order.token}/pay/", {"method": "lyra"})
        attempt = PaymentAttempt.objects.get()
        assert answer["Location"] == attempt.url == f"/payments/lyra/pay/{attempt.key}/"
        page = client.get(attempt.url)
        form = Inputs(page.content.decode())
        assert form.action == f"{desk.service.base}/vads-payment/"
        assert desk.service.open(form.fields)
        assert form.fields["vads_ext_info_key"] == str(attempt.key)
        assert form.fields["vads_order_id"] == attempt.reference
        assert f"form-action 'self' {desk.service.base}" in page["Content-Security-Policy"]
        assert page["Cache-Control"].startswith("max-age=0")

    def test_the_form_stays_the_same_so_that_two_tabs_pay_once(self, attempt, desk):
        first, second = desk.open(attempt), desk.open(attempt)
        assert desk.service.forms[first] == desk.service.forms[second]
        desk.service.pay(first)
        with pytest.raises(stand_in.Refused):
            desk.service.pay(second)

    def test_numbers_of_transactions_differ_and_have_six_digits_or_letters(self, attempt, desk):
        told, found = attempt_told(attempt), keys()
        ids = [1, 2, 35, 36, 36**6 - 1, 36**6]
        numbers = [form_fields(told, attempt_id=each, keys=found)["vads_trans_id"] for each in ids]
        assert numbers == ["000001", "000002", "00000z", "000010", "zzzzzz", "000000"]

    @pytest.mark.parametrize(
        ("amount", "currency", "units", "number"),
        [("1234", "JPY", "1234", "392"), ("12.34", "KWD", "12340", "414"), ("12.34", "EUR", "1234", "978")],
    )
    def test_amounts_are_in_minor_units_of_their_currency(self, attempt, desk, amount, currency, units, number):
        told = replace(attempt_told(attempt), amount=Decimal(amount), currency=currency)
        fields = form_fields(told, attempt_id=1, keys=keys())
        assert (fields["vads_amount"], fields["vads_currency"]) == (units, number)
        made = desk.service.pay(desk.service.open(fields))
        event = provider.fetch(Notice(reference_of(told).order_id), now=timezone.now())
        assert (made["currency"], event.amount, event.currency) == (currency, Decimal(amount), currency)

    def test_nobody_is_led_there_when_the_attempt_is_over(self, order, attempt, desk):
        page = f"/payments/lyra/pay/{attempt.key}/"
        PaymentAttempt.objects.update(open_until=timezone.now())
        assert Client().get(page)["Location"] == f"/orders/{order.token}/"
        PaymentAttempt.objects.update(open_until=timezone.now() + timedelta(hours=1), withdrawn_at=timezone.now())
        assert Client().get(page)["Location"] == f"/orders/{order.token}/"
        assert Client().get("/payments/lyra/pay/00000000-0000-4000-8000-000000000000/").status_code == 404
        assert Client().post(page).status_code == 405


class TestMessages:
    def test_over_http_it_is_believed_for_the_payment_it_names_alone(self, order, attempt, desk):
        """A signature over values would let them change places: the platform is asked."""
        desk.service.pay(desk.open(attempt))
        message = desk.messages()[0].body
        answer = Client().post("/payments/lyra/webhook/", message, content_type="application/x-www-form-urlencoded")
        assert answer.status_code == 204
        assert status_of(order) == "paid"
        assert Payment.objects.get(status="succeeded").amount == order.gross

    def test_a_message_about_a_payment_that_the_platform_does_not_know_settles_nothing(self, order, attempt, desk):
        lie = {"vads_site_id": stand_in.SITE_ID, "vads_ctx_mode": "TEST", "vads_trans_status": "CAPTURED"}
        body = stand_in.message(lie | {"vads_order_id": attempt.reference, "vads_amount": "1"})
        assert receive(desk, Message(body, {})) == [None]
        with pytest.raises(NotificationRefused):
            receive(
                desk,
                Message(stand_in.message(lie | {"vads_order_id": attempt.reference, "vads_trans_uuid": "0" * 32}), {}),
            )
        assert status_of(order) == "placed"

    @pytest.mark.parametrize(
        "other",
        [
            {"vads_site_id": "87654321"},
            {"vads_ctx_mode": "PRODUCTION"},
            {"vads_order_id": "basket 12"},
            {"vads_order_id": ""},
        ],
    )
    def test_what_is_not_the_shops_leaves_no_trace(self, attempt, desk, other):
        ours = {"vads_site_id": stand_in.SITE_ID, "vads_ctx_mode": "TEST", "vads_order_id": attempt.reference}
        assert receive(desk, Message(stand_in.message(ours | other), {})) == [None]
        assert not PaymentEvent.objects.exists()

    def test_fields_named_twice_or_unreadable_are_forged(self, desk):
        signed = stand_in.message({"vads_site_id": stand_in.SITE_ID})
        for body in (signed + b"&signature=x", signed + b"&%", b"\xff", b"&".join([b"vads_a=1"] * 1000)):
            with pytest.raises(Forged):
                provider.verify(Message(body, {}))

    def test_the_documented_way_of_signing_is_the_one_used(self):
        """Computed by hand from the guide: values in the order of the names, joined by +, then the key."""
        import base64
        import hashlib
        import hmac

        from shop.payments.providers.lyra.signature import sign

        fields = {"vads_b": "2", "vads_a": "é 1", "other": "no", "vads_c": ""}
        expected = base64.b64encode(hmac.digest(b"key", "é 1+2++key".encode(), hashlib.sha256)).decode()
        assert sign(fields.items(), "key") == expected

    def test_a_silent_platform_makes_the_message_come_again(self, attempt, desk, monkeypatch):
        desk.service.pay(desk.open(attempt))
        monkeypatch.setenv("LYRA_API_URL", "http://127.0.0.1:9")
        answer = Client().post(
            "/payments/lyra/webhook/", desk.messages()[0].body, content_type="application/x-www-form-urlencoded"
        )
        assert answer.status_code == 503


class TestWhatBecomesOfAPayment:
    def test_a_customer_who_leaves_has_not_paid_and_may_come_again(self, order, attempt, desk):
        desk.service.abandon(desk.open(attempt))
        assert receive(desk, *desk.messages()) == [None]
        assert start_payment(order=order, provider=provider, now=timezone.now()).pk == attempt.pk
        receive(desk, *desk.pay(attempt))
        assert status_of(order) == "paid"

    def test_another_card_after_a_declined_one_settles(self, order, attempt, desk):
        page = desk.open(attempt)
        desk.service.pay(page, "decline")
        declined = desk.messages()
        assert receive(desk, *declined) == ["declined"]
        desk.service.pay(page)
        assert receive(desk, *desk.messages()) == ["settled"]
        assert receive(desk, *declined) == ["settled"]
        assert (status_of(order), Settlement.objects.count()) == ("paid", 1)

    def test_a_bank_that_answers_late_settles_late(self, order, attempt, desk):
        made = desk.service.pay(desk.open(attempt), "later")
        assert receive(desk, *desk.messages()) == [UNDER_WAY]
        assert Payment.objects.get().status == "pending"
        desk.service.become(made["uuid"], "PAID", "AUTHORISED")
        late = desk.messages()
        ask_about_attempt(attempt_id=attempt.pk, now=timezone.now())
        assert status_of(order) == "paid"
        assert receive(desk, *late) == ["settled"]
        assert Settlement.objects.count() == 1

    def test_a_state_that_nobody_knows_is_no_payment(self, order, attempt, desk):
        made = desk.service.pay(desk.open(attempt), "later")
        for status, detailed in (("PAID", "AUTHORISED_TO_VALIDATE"), ("PAID", "PARTIALLY_AUTHORISED"), ("?", "?")):
            desk.service.become(made["uuid"], status, detailed)
            assert look_up(attempt.reference) == UNDER_WAY
        assert status_of(order) == "placed"

    def test_a_second_debit_of_one_attempt_is_a_payment_of_its_own(self, order, attempt, desk):
        first = desk.pay(attempt)
        page = desk.open(attempt)
        desk.service.forms[page]["vads_trans_id"] = "zzzzzz"
        desk.service.pay(page)
        assert receive(desk, *first, *desk.messages()) == ["settled", "settled", "second_charge"]
        assert Settlement.objects.count() == 1
        references = set(Payment.objects.filter(status="succeeded").values_list("reference", flat=True))
        assert len(references) == 2
        assert attempt.reference in references

    def test_what_nobody_paid_ends_with_its_time(self, attempt, desk):
        assert look_up(attempt.reference) is None
        assert look_up(attempt.reference, later=timedelta(hours=12)) is None
        assert look_up(attempt.reference, later=timedelta(hours=14)) == ENDED
        attempt.refresh_from_db()
        assert attempt.state == "ended"

    @pytest.mark.parametrize(("detailed", "kind"), [("CANCELLED", "refunded"), ("CAPTURE_FAILED", "disputed")])
    def test_paid_money_that_goes_away_is_shown(self, order, attempt, desk, detailed, kind):
        receive(desk, *desk.pay(attempt))
        made = next(iter(desk.service.transactions))
        desk.service.become(made, "UNPAID", detailed)
        assert receive(desk, *desk.messages()) == ["recorded"]
        assert PaymentEvent.objects.filter(kind=kind).get().amount == order.gross

    def test_a_refund_made_at_the_platform_is_recorded_once(self, order, attempt, desk):
        receive(desk, *desk.pay(attempt))
        made = next(iter(desk.service.transactions))
        desk.service.refund({"uuid": made, "amount": 100, "currency": "EUR"})
        message = desk.messages()[0]
        assert receive(desk, message, message) == ["recorded", "recorded"]
        event = PaymentEvent.objects.get(kind="refunded")
        assert (event.amount, event.payment.reference) == (Decimal("1.00"), attempt.reference)


class TestRefunds:
    @pytest.fixture(autouse=True)
    def paid(self, attempt, desk) -> None:
        receive(desk, *desk.pay(attempt))
        self.reference = attempt.reference
        self.debit = next(iter(desk.service.transactions))

    def refund(self, amount: str, key: str):
        return provider.refund(reference=self.reference, amount=Decimal(amount), currency="EUR", key=key)

    def credits(self, desk: AtLyra) -> list[int]:
        return [each["amount"] for each in desk.service.transactions.values() if each["operationType"] == "CREDIT"]

    def test_one_whose_answer_got_lost_is_found_and_not_sent_again(self, desk):
        """Killed between the platform's answer and our commit."""
        desk.service.dies = True
        with pytest.raises(Unreachable):
            self.refund("1.00", "k1")
        desk.service.dies = False
        found = provider.find_refund(reference=self.reference, key="k1")
        assert found is not None
        assert self.refund("1.00", "k1") == found
        assert self.credits(desk) == [100]

    def test_one_that_never_arrived_is_sent_again_after_a_while(self, desk, monkeypatch):
        good = keys().api_url
        original = desk.service.refund
        desk.service.dies, desk.service.refund = True, lambda asked: {}
        with pytest.raises(Unreachable):
            self.refund("1.00", "k1")
        desk.service.dies, desk.service.refund = False, original
        assert provider.find_refund(reference=self.reference, key="k1") is None
        with pytest.raises(Unreachable, match="not_answered_yet"):
            self.refund("1.00", "k1")
        from shop.payments.refund_calls.models import RefundCall

        RefundCall.objects.update(called_at=timezone.now() - timedelta(minutes=6))
        self.refund("1.00", "k1")
        assert (self.credits(desk), keys().api_url) == ([100], good)

    def test_while_one_is_unanswered_no_other_is_sent(self, desk):
        desk.service.dies = True
        with pytest.raises(Unreachable):
            self.refund("1.00", "k1")
        desk.service.dies = False
        with pytest.raises(Unreachable, match="another_refund_unanswered"):
            self.refund("2.00", "k2")
        provider.find_refund(reference=self.reference, key="k1")
        self.refund("2.00", "k2")
        assert self.credits(desk) == [100, 200]

    def test_equal_ones_of_two_keys_are_two(self, desk):
        assert self.refund("1.00", "k1").reference != self.refund("1.00", "k2").reference
        assert self.credits(desk) == [100, 100]

    def test_all_together_never_more_than_was_taken(self, desk, order):
        self.refund(str(order.gross - 1), "k1")
        with pytest.raises(CallRefused, match="more_than_left"):
            self.refund("1.01", "k2")
        self.refund("1.00", "k3")

    def test_a_refusal_by_the_platform_is_forgotten(self, desk):
        original, desk.service.refund = desk.service.refund, None
        with pytest.raises(CallRefused):
            self.refund("1.00", "k1")
        desk.service.refund = original
        self.refund("1.00", "k1")
        assert self.credits(desk) == [100]

    def test_its_end_is_asked_for(self, desk):
        desk.service.refunds_are = ("PAID", "AUTHORISED")
        answer = self.refund("1.00", "k1")
        assert answer.state == "pending"
        desk.service.get(answer.reference).update(status="UNPAID", detailedStatus="REFUSED", detailedErrorCode="51")
        failed = provider.fetch_refund(answer.reference)
        assert (failed.state, failed.reason) == ("failed", "51")

    def test_before_the_night_a_payment_is_cancelled_whole_and_a_part_waits(self, desk, order):
        desk.service.get(self.debit).update(detailedStatus="AUTHORISED")
        with pytest.raises(Unreachable, match="not_captured_yet"):
            self.refund("1.00", "k1")
        whole = self.refund(str(order.gross), "k2")
        assert (whole.state, whole.reference) == ("succeeded", self.debit)
        assert self.refund(str(order.gross), "k2") == whole
        assert self.credits(desk) == []

    @pytest.mark.parametrize("reference", ["made up", "A-1-abcdef-" + "0" * 32])
    def test_of_what_was_never_paid_nothing_is_sent_back(self, desk, reference):
        with pytest.raises(CallRefused):
            provider.refund(reference=reference, amount=Decimal("1.00"), currency="EUR", key="k9")


class TestSettings:
    def test_it_is_not_offered_in_test_mode_where_money_counts(self, order, desk, monkeypatch, settings):
        assert provider in methods_for(order)
        settings.IMAGINARY_MONEY = False
        assert not provider.offers(order)
        monkeypatch.setenv("LYRA_MODE", "PRODUCTION")
        assert provider.offers(order)

    def test_without_keys_nothing_is_called_or_believed(self, order, attempt, desk, monkeypatch):
        message = desk.pay(attempt)[0]
        monkeypatch.setenv("LYRA_FORM_KEY", " ")
        assert not provider.offers(order)
        with pytest.raises(Forged):
            provider.verify(message)
        with pytest.raises(CallRefused, match="not_configured"):
            provider.fetch(Notice(attempt.reference), now=timezone.now())

    @pytest.mark.parametrize(
        ("name", "value", "told"),
        [
            ("LYRA_PAGE_URL", "http://secure.example/vads-payment/", "LYRA_PAGE_URL: Type an address"),
            ("LYRA_API_URL", "ftp://api.example", "LYRA_API_URL: Type an address"),
            ("LYRA_SITE_ID", "shop", "LYRA_SITE_ID: The number of a shop"),
            ("LYRA_MODE", "production", "LYRA_MODE: The mode is neither TEST nor PRODUCTION"),
        ],
    )
    def test_a_bad_value_is_refused_at_the_start(self, monkeypatch, name, value, told):
        for each, good in stand_in.settings("https://pay.example").items():
            monkeypatch.setenv(each, good)
        monkeypatch.setenv(name, value)
        with pytest.raises(ImproperlyConfigured, match=told), temporary(provider):
            pass

    def test_the_connection_is_checked(self, desk, monkeypatch):
        assert provider.check_connection() == Connection(stand_in.SITE_ID, is_test=True)
        monkeypatch.setenv("LYRA_API_PASSWORD", "another")
        with pytest.raises(CallRefused, match="INT_905"):
            provider.check_connection()

    def test_numbers_of_currencies_are_those_of_the_standard(self):
        assert {code: pycountry.currencies.get(alpha_3=code).numeric for code in NUMBERS} == NUMBERS
