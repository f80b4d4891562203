"""Attempts: committed before the call, one live per order and provider, the same page for two tabs."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from shop.orders.models import Order
from shop.payments.attempts import services as attempts
from shop.payments.attempts.models import PaymentAttempt
from shop.payments.attempts.services import ProviderSilent, begin_attempt, start_payment
from shop.payments.port import ENDED, UNDER_WAY, Attempt, CallRefused, Notice, Provider, ProviderEvent, Started
from shop.payments.port import Unreachable as ProviderUnreachable
from shop.payments.registry import temporary
from shop.payments.services import MethodNotAllowed, ask_about
from tests.constraints import broken, copy, run
from tests.factories.shop import make_cart, place
from tests.rivals.processes import errors_among, race, values_among

pytestmark = pytest.mark.django_db(transaction=True)


class Bank(Provider):
    """Provider that remembers its calls."""

    name = "bank"
    label = "Bank"
    is_immediate = True
    has_page = True

    def __init__(self) -> None:
        self.calls: list[Attempt] = []
        self.error: Exception | None = None
        self.answer: str | None = None

    def start(self, attempt: Attempt) -> Started:
        assert not connection.in_atomic_block
        assert PaymentAttempt.objects.filter(key=attempt.key).exists()
        self.calls.append(attempt)
        if self.error is not None:
            raise self.error
        until = attempt.begun_at + timedelta(hours=24)
        return Started(f"session-{attempt.key}", f"https://bank.example/{attempt.key}", until)

    def fetch(self, notice: Notice, *, now) -> ProviderEvent | None:
        if self.answer is None:
            return None
        attempt = self.calls[-1]
        return ProviderEvent(
            provider=self.name,
            event_id=f"{self.answer}:{notice.reference}",
            reference=notice.reference,
            kind=self.answer,
            order_number=attempt.order_number,
            amount=attempt.amount,
            currency=attempt.currency,
            attempt_key=attempt.key,
        )


@pytest.fixture
def bank():
    bank = Bank()
    with temporary(bank):
        yield bank


@pytest.fixture
def order(probe_entry) -> Order:
    return place(make_cart(probe_entry))


def start(order: Order, bank: Bank, **later: float) -> PaymentAttempt:
    return start_payment(order=Order.objects.get(pk=order.pk), provider=bank, now=timezone.now() + timedelta(**later))


def test_choosing_the_method_leads_to_the_providers_page(order, bank):
    answer = Client().post(reverse("order-pay", args=[order.token]), {"method": "bank"})
    attempt = PaymentAttempt.objects.get()
    assert answer["Location"] == f"https://bank.example/{attempt.key}" == attempt.url
    assert (attempt.state, attempt.amount, attempt.currency) == ("started", order.gross, "EUR")
    assert bank.calls[0].key == str(attempt.key)


def test_choosing_it_again_leads_to_the_same_page_without_a_call(order, bank):
    assert start(order, bank).url == start(order, bank).url
    assert len(bank.calls) == 1


@pytest.mark.parametrize("hours", [23.95, 25])
def test_a_page_that_closes_is_not_shown_any_more(order, bank, hours):
    first, second = start(order, bank), start(order, bank, hours=hours)
    assert first.url != second.url
    first.refresh_from_db()
    assert first.withdrawn_at is not None


def test_a_call_without_an_answer_is_made_again_under_the_same_key(order, bank):
    bank.error = ProviderUnreachable("timeout")
    with pytest.raises(ProviderSilent):
        start(order, bank)
    assert PaymentAttempt.objects.get().problem == "timeout"
    bank.error = None
    assert start(order, bank).state == "begun"  # as it was read; its row has started
    assert PaymentAttempt.objects.get().state == "started"
    assert len({call.key for call in bank.calls}) == 1


def test_after_twelve_hours_no_call_is_repeated_under_its_key(order, bank):
    bank.error = ProviderUnreachable("timeout")
    with pytest.raises(ProviderSilent):
        start(order, bank)
    bank.error = None
    start(order, bank, hours=12)
    assert len({call.key for call in bank.calls}) == 2
    assert PaymentAttempt.objects.get(withdrawn_at__isnull=False).state == "begun"


def test_a_refused_call_is_not_repeated(order, bank):
    bank.error = CallRefused("amount_too_small")
    with pytest.raises(ProviderSilent):
        start(order, bank)
    bank.error = None
    start(order, bank)
    assert len({call.key for call in bank.calls}) == 2


def test_the_customer_is_told_and_the_order_stays(order, bank):
    bank.error = ProviderUnreachable("timeout")
    page = Client(headers={"accept-language": "en"}).post(
        reverse("order-pay", args=[order.token]), {"method": "bank"}, follow=True
    )
    assert "The payment page cannot be reached just now." in page.content.decode()
    order.refresh_from_db()
    assert order.status == "placed"


@pytest.mark.parametrize(("kind", "state"), [("succeeded", "ended"), ("declined", "ended"), (ENDED, "ended")])
def test_a_final_answer_ends_the_attempt(order, bank, kind, state):
    attempt = start(order, bank)
    bank.answer = kind
    ask_about(bank, Notice(attempt.reference), now=timezone.now())
    attempt.refresh_from_db()
    assert (attempt.state, attempt.ask_again_at, attempt.url) == (state, None, "")


def test_an_answer_before_the_reference_is_noted_ends_it_too(order, bank):
    """The process was killed between the provider's answer and our commit; the provider's message finds the key."""
    attempt = begin_attempt(order=order, provider=bank, now=timezone.now())
    bank.start(Attempt(str(attempt.key), order.number, "", order.gross, "EUR", "", "", "", "", "", attempt.begun_at))
    bank.answer = "succeeded"
    assert ask_about(bank, Notice("session-x"), now=timezone.now()) == "settled"
    attempt.refresh_from_db()
    assert attempt.state == "ended"


def test_a_payment_under_way_shows_on_the_order_and_stays_open(order, bank):
    attempt = start(order, bank)
    bank.answer = UNDER_WAY
    ask_about(bank, Notice(attempt.reference), now=timezone.now())
    attempt.refresh_from_db()
    assert attempt.state == "started"
    assert order.payments.get().status == "pending"
    bank.answer = "succeeded"
    ask_about(bank, Notice(attempt.reference), now=timezone.now())
    assert order.payments.get().status == "succeeded"


def test_an_order_that_is_paid_begins_nothing(order, bank):
    attempt = start(order, bank)
    bank.answer = "succeeded"
    ask_about(bank, Notice(attempt.reference), now=timezone.now())
    with pytest.raises(MethodNotAllowed):
        start(order, bank)


def test_it_is_for_the_first_request_that_is_owed(order, bank):
    attempt = start(order, bank)
    assert (attempt.request, attempt.amount) == (order.requests.get(), order.gross)


def test_a_request_that_is_not_owed_begins_nothing(order, bank):
    with pytest.raises(MethodNotAllowed):
        start_payment(order=order, provider=bank, now=timezone.now(), request_id=0)
    assert not PaymentAttempt.objects.exists()


def test_two_tabs_get_one_page(order, bank):
    answers = race(*[lambda: start(order, bank).url] * 4)
    assert errors_among(answers) == []
    assert len(set(values_among(answers))) == 1
    assert PaymentAttempt.objects.count() == 1


def test_control_without_the_key_of_the_live_attempt_two_tabs_get_two_pages(order, bank):
    run("DROP INDEX shop_paymentattempt_one_live")
    try:
        answers = race(*[lambda: start(order, bank).url] * 2, after=[(attempts, "live_attempt")])
        assert errors_among(answers) == []
        assert PaymentAttempt.objects.count() == 2
    finally:
        PaymentAttempt.objects.all().delete()
        run(
            "CREATE UNIQUE INDEX shop_paymentattempt_one_live ON shop_paymentattempt (order_id, provider, request_id)"
            " NULLS NOT DISTINCT"
            " WHERE state IN ('begun', 'started') AND withdrawn_at IS NULL"
        )


class TestConstraints:
    @pytest.fixture(autouse=True)
    def attempt(self, order, bank) -> PaymentAttempt:
        self.attempt = start(order, bank)
        return self.attempt

    def copied(self, **changes: object) -> None:
        values = {"key": "00000000-0000-4000-8000-000000000000", "reference": "another", "provider": "another"}
        copy("shop_paymentattempt", self.attempt.pk, **(values | changes))

    def test_control_a_copy_under_other_names_is_allowed(self):
        self.copied()

    def test_a_key_names_one_call(self):
        with broken("shop_paymentattempt_key_once"):
            self.copied(key=str(self.attempt.key))

    def test_a_reference_names_one_attempt(self):
        with broken("shop_paymentattempt_reference_once"):
            self.copied(provider="bank", reference=self.attempt.reference, withdrawn_at=timezone.now())

    def test_an_order_has_one_live_attempt_at_a_provider(self):
        with broken("shop_paymentattempt_one_live"):
            self.copied(provider="bank")

    @pytest.mark.parametrize(
        ("constraint", "change"),
        [
            (broken("shop_paymentattempt_amount"), "amount = 0"),
            (broken("shop_paymentattempt_asked_while_open"), "state = 'lost'"),
            (broken("shop_paymentattempt_state"), "reference = ''"),
            (broken("shop_paymentattempt_state"), "state = 'begun'"),
            (broken("shop_paymentattempt_asked_while_open"), "ask_again_at = NULL"),
            (broken("shop_paymentattempt_asked_while_open"), "state = 'ended'"),
        ],
    )
    def test_a_row_makes_sense(self, constraint, change):
        with constraint:
            run(f"UPDATE shop_paymentattempt SET {change}")
