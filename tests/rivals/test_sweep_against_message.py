"""At the same moment.

The sweep asks a provider about a payment while its message about the same payment comes.
"""

from datetime import timedelta
from functools import partial

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from outbox.jobs.models import Job
from outbox.mails.models import Mail
from shop.payments import services as payments
from shop.payments.attempts.models import PaymentAttempt
from shop.payments.attempts.services import start_payment
from shop.payments.attempts.sweep import ask_about_attempt
from shop.payments.models import Payment, PaymentEvent, Settlement
from shop.payments.providers.sandbox import bank
from shop.payments.providers.sandbox.provider import SIGNATURE_HEADER, event_of, provider
from shop.payments.requests import receiving
from tests.factories.catalog import EntryFactory
from tests.factories.shop import charge_at_sandbox, make_cart, place
from tests.rivals.processes import deadlocks_among, errors_among, no_row_locks, race

# Both know that it was paid, and have read the payment, open as yet.
READ_THE_PAYMENT = [(payments, "_payment_of")]
# What the money is for was read.
ABOUT_TO_GIVE = [(receiving, "shares_of")]


def asked_and_told(number=0, *, after=READ_THE_PAYMENT, **how):
    """Pay an order at the imaginary bank; have the sweep ask about it while the bank tells of it."""
    now = timezone.now()
    order = place(make_cart(EntryFactory(handler="std_generateseats")), email=f"buyer{number}@example.org")
    attempt = start_payment(order=order, provider=provider, now=now)
    charge = charge_at_sandbox(order, now=now)
    payments.begin_payment(order_id=order.pk, provider=provider, reference=charge.reference, now=now)
    PaymentAttempt.objects.filter(pk=attempt.pk).update(reference=charge.reference)
    body, signature = bank.notification(event_of(charge, event_id=f"told:{number}"))
    tell = partial(
        Client().post,
        reverse("payment-webhook", args=["sandbox"]),
        body,
        content_type="application/json",
        headers={SIGNATURE_HEADER: signature},
    )
    ask = partial(ask_about_attempt, attempt_id=attempt.pk, now=now + timedelta(minutes=3))
    return order, race(ask, lambda: tell().status_code, after=after, **how)


def test_the_sweep_and_the_message_pay_once(trial):
    rounds = trial.size(2, 20)
    for number in range(rounds):
        order, answers = asked_and_told(number)
        assert errors_among(answers) == []
        assert deadlocks_among(answers) == 0
        assert answers[1].value == 204
        assert Settlement.objects.get(order=order).payment == Payment.objects.get(order=order)
        outcomes = PaymentEvent.objects.filter(order=order).values_list("outcome", flat=True)
        assert sorted(outcomes) == ["known", "settled"]
        assert PaymentAttempt.objects.get(order=order).state == "ended"
    assert Job.objects.filter(kind="fulfil_line").count() == rounds
    assert Mail.objects.filter(kind="payment_received").count() == rounds
    trial.note("payments that the sweep asked about while their message came", rounds)


def each_for_itself():
    """Take away the locks, and the two writes before the decision at which one waits for the other as well."""
    no_row_locks()
    Payment.save = lambda self, **_how: None
    payments.postings.post_money_in = lambda *_what, **_how: None


def test_control_without_a_lock_both_would_pay_the_order():
    order, answers = asked_and_told(after=ABOUT_TO_GIVE, without=each_for_itself)

    assert errors_among(answers) == ["IntegrityError"]
    assert PaymentEvent.objects.filter(order=order).count() == 1
