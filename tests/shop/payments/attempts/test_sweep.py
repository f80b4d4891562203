"""The sweep: what is open at a provider is asked about until it ends, and given up in the merchant's sight."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from outbox.jobs.models import Job
from outbox.jobs.running import run_due_jobs
from shop.orders.ending import cancel_order
from shop.orders.models import Order
from shop.payments.attempts.models import PaymentAttempt
from shop.payments.attempts.services import begin_attempt, start_payment
from shop.payments.attempts.sweep import ask_about_attempt, sweep
from shop.payments.models import Payment
from shop.payments.registry import get_provider
from shop.payments.services import begin_payment
from tests.factories.shop import charge_at_sandbox, make_cart, place

pytestmark = pytest.mark.django_db(transaction=True)

sandbox = get_provider("sandbox")


@pytest.fixture
def order(probe_entry) -> Order:
    return place(make_cart(probe_entry))


def only_attempt() -> PaymentAttempt:
    return PaymentAttempt.objects.get()


def test_a_payment_whose_message_never_came_is_found(order):
    """The process was killed between the bank's answer and our commit."""
    now = timezone.now()
    start_payment(order=order, provider=sandbox, now=now)
    charge = charge_at_sandbox(order, now=now)
    PaymentAttempt.objects.update(reference=charge.reference)
    assert sweep(now=now + timedelta(minutes=1)) == 0
    assert sweep(now=now + timedelta(minutes=3)) == 1
    run_due_jobs()
    order.refresh_from_db()
    assert order.status in ("paid", "completed")
    assert only_attempt().state == "ended"


def test_a_beginning_that_was_never_noted_is_found_by_its_key(order):
    now = timezone.now()
    begin_attempt(order=order, provider=sandbox, now=now)
    ask_about_attempt(attempt_id=only_attempt().pk, now=now + timedelta(minutes=3))
    assert (only_attempt().state, only_attempt().url) == ("started", f"/payments/sandbox/pay/{order.token}/")


@pytest.mark.parametrize(("hours", "state"), [(11.9, "begun"), (12, "ended")])
def test_a_call_that_never_arrived_is_over_after_twelve_hours(order, monkeypatch, hours, state):
    monkeypatch.setattr(type(sandbox), "find", lambda self, attempt: None)
    now = timezone.now()
    begin_attempt(order=order, provider=sandbox, now=now)
    ask_about_attempt(attempt_id=only_attempt().pk, now=now + timedelta(hours=hours))
    assert only_attempt().state == state


def test_it_asks_less_and_less_often(order):
    now = timezone.now()
    start_payment(order=order, provider=sandbox, now=now)
    waits = []
    for _time in range(12):
        now = only_attempt().ask_again_at
        assert sweep(now=now) == 1
        waits.append(only_attempt().ask_again_at - now)
    minutes = [wait.total_seconds() / 60 for wait in waits]
    assert minutes[:5] == [2, 4, 8, 16, 32]
    assert minutes[-1] == 360


def test_it_gives_up_after_a_month(order):
    now = timezone.now()
    start_payment(order=order, provider=sandbox, now=now)
    assert sweep(now=now + timedelta(days=30)) == 0
    assert (only_attempt().state, only_attempt().url) == ("given_up", "")


def test_what_has_no_provider_any_more_is_given_up(order):
    now = timezone.now()
    start_payment(order=order, provider=sandbox, now=now)
    PaymentAttempt.objects.update(provider="gone")
    sweep(now=now + timedelta(hours=1))
    assert (only_attempt().state, only_attempt().problem) == ("given_up", "no_such_provider")
    assert not Job.objects.filter(kind__startswith="ask_").exists()


def test_the_attempt_of_an_order_that_ended_is_ended_at_the_provider(order, monkeypatch):
    ended = []
    monkeypatch.setattr(type(sandbox), "end", lambda self, reference: ended.append(reference))
    now = timezone.now()
    attempt = start_payment(order=order, provider=sandbox, now=now)
    cancel_order(order_id=order.pk, actor=None, now=now)
    assert sweep(now=now) == 1
    run_due_jobs()
    assert ended == [attempt.reference]


def test_a_pending_payment_of_a_former_release_is_asked_about(order):
    now = timezone.now()
    charge = charge_at_sandbox(order, now=now)
    begin_payment(order_id=order.pk, provider=sandbox, reference=charge.reference, now=now)
    assert sweep(now=now) == 0
    assert sweep(now=now + timedelta(minutes=3)) == 1
    run_due_jobs()
    assert Payment.objects.get().status == "succeeded"
    assert sweep(now=now + timedelta(days=1)) == 0


@pytest.mark.parametrize("number", [3, 12])
def test_takes_as_many_queries_for_many_attempts(probe_entry, number, django_assert_num_queries):
    now = timezone.now()
    for one in range(number):
        order = place(make_cart(probe_entry), email=f"buyer{one}@example.org")
        start_payment(order=order, provider=sandbox, now=now)
    with django_assert_num_queries(7):
        assert sweep(now=now + timedelta(minutes=3)) == number
