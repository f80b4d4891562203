"""Charge-backs whose message is lost are found by asking, seldom, for as long as a bank may take money back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from outbox.jobs.models import Job
from shop.orders.models import Order
from shop.payments.attempts.services import start_payment
from shop.payments.charge_backs import watch
from shop.payments.charge_backs.mending import mend
from shop.payments.charge_backs.models import ChargeBack
from shop.payments.charge_backs.watch import look_again, look_at_payment
from shop.payments.models import Payment
from shop.payments.requests.asked import asked_of
from shop.payments.services import receive_notification
from tests.constraints import run
from tests.factories.shop import make_cart, pay, place
from tests.shop.payments.providers.desks import AtMollie, Desk, mollie_desk, stripe_desk

pytestmark = pytest.mark.django_db(transaction=True)

DAY = timedelta(days=1)


@pytest.fixture
def order(probe_entry) -> Order:
    return place(make_cart(probe_entry))


@pytest.fixture(params=["mollie", "stripe"])
def desk(request, monkeypatch) -> Iterator[Desk]:
    with (mollie_desk if request.param == "mollie" else stripe_desk)(monkeypatch) as desk:
        yield desk


@pytest.fixture
def payment(order, desk) -> Payment:
    attempt = start_payment(order=order, provider=desk.provider, now=timezone.now())
    for message in desk.pay(attempt):
        receive_notification(provider=desk.provider, message=message, now=timezone.now())
    return Payment.objects.get(status="succeeded")


def looks(*, after: timedelta) -> int:
    return look_again(now=timezone.now() + after)


def test_a_charge_back_that_nobody_told_of_is_found(order, payment, desk):
    if isinstance(desk, AtMollie):
        desk.service.charge_back(payment.reference)
    else:
        desk.service.dispute(payment.reference, status="lost")
    assert looks(after=2 * DAY) == 1
    [job] = Job.objects.filter(kind__startswith="look_at_")
    look_at_payment(payment_id=job.payload["payment"], now=timezone.now())
    look_at_payment(payment_id=job.payload["payment"], now=timezone.now())
    assert ChargeBack.objects.get().amount == order.gross
    assert [each.request.state for each in asked_of(order)] == ["open"]


def test_charges_of_saved_cards_are_looked_at_by_their_own_name(order, payment, desk):
    if isinstance(desk, AtMollie):
        return
    intent = desk.service.get(payment.reference)["payment_intent"]
    desk.service.dispute(payment.reference, status="lost")
    [event] = desk.provider.fetch_afterwards(intent, now=timezone.now())
    assert (event.kind, event.amount) == ("dispute_lost", order.gross)


def test_the_older_a_payment_the_less_often_and_at_last_never(payment, desk):
    assert looks(after=timedelta(hours=1)) == 0
    days, at = [], 2 * DAY
    while (looked := looks(after=at)) or Payment.objects.get().look_again_at:
        days += [at.days] if looked else []
        following = Payment.objects.get().look_again_at
        if following is None:
            break
        at = following - timezone.now() + timedelta(minutes=1)
    assert days[:4] == [2, 3, 4, 6]
    assert 15 < len(days) < 40
    assert days[-1] <= desk.provider.recall_for.days
    assert Payment.objects.get().look_again_at is None


def test_a_provider_that_cannot_be_asked_is_not(order):
    pay(order)
    assert looks(after=2 * DAY) == 0
    assert Payment.objects.get().look_again_at is None


def test_no_run_takes_more_than_its_share(payment, monkeypatch):
    monkeypatch.setattr(watch, "AT_ONCE", 0)
    assert looks(after=2 * DAY) == 0
    assert Payment.objects.get().look_again_at < timezone.now()


def test_disputes_that_the_previous_release_recorded_are_noted_once(order):
    pay(order)
    pay(order, kind="dispute_lost", event_id="dp_1:dispute_lost")
    # That release leaves the event alone.
    with transaction.atomic():
        run("UPDATE shop_allocation SET released_at = NULL, charge_back_id = NULL")
        run("UPDATE shop_paymentrequest SET state = 'paid'")
        run("DELETE FROM shop_chargeback")
    assert (mend(now=timezone.now()), mend(now=timezone.now())) == (1, 0)
    assert ChargeBack.objects.get().reference == "dp_1"
    assert [each.request.state for each in asked_of(order)] == ["open"]
