"""Killed between the provider's answer and our commit, by payments and by refunds.

The provider's act is found again, and done once: by what was committed before it was called. Redis loses all
meanwhile. The controls show what would be lost.
"""

import os
import signal
from datetime import timedelta
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone
from redis import Redis

from billing.ledger.models import Account
from billing.ledger.selectors import balances_of_order
from outbox.jobs.models import Job
from outbox.jobs.running import run_due_jobs
from outbox.mails.models import Mail
from shop.orders.giving_back.owed import owed_for
from shop.orders.giving_back.services import give_units_back
from shop.orders.models import Order
from shop.payments import services as payments
from shop.payments.attempts import services as attempts
from shop.payments.attempts.models import PaymentAttempt
from shop.payments.attempts.services import start_payment
from shop.payments.attempts.sweep import sweep
from shop.payments.models import Payment, Settlement
from shop.payments.providers.stripe.provider import provider as stripe
from shop.payments.refunds import following
from shop.payments.refunds.models import Refund
from shop.payments.refunds.sending import send_back
from shop.postings.verifying import faults_of_books
from tests.factories.accounts import UserFactory
from tests.factories.catalog import EntryFactory
from tests.factories.shop import make_cart, place, units_left
from tests.forked import status_of_fork
from tests.shop.payments.providers.desks import stripe_desk


@pytest.fixture
def desk(monkeypatch):
    with stripe_desk(monkeypatch) as desk:
        yield desk


@pytest.fixture
def order() -> Order:
    return place(make_cart(EntryFactory(), quantity=2), email="alice@example.org")


def killed(work, *, noting):
    """Do some work in a process that is killed when it has written, and not committed, what `noting` writes: a module
    and the name of a function in it. Redis loses all it has."""

    def dying_work():
        original = getattr(*noting)

        def dying(*given, **named):
            with transaction.atomic():
                original(*given, **named)
                os.kill(os.getpid(), signal.SIGKILL)

        setattr(*noting, dying)
        work()

    status = status_of_fork(dying_work)
    assert os.WIFSIGNALED(status), "It was never killed."
    with Redis.from_url(settings.REDIS_URL) as redis:
        redis.flushdb()


def swept(*, minutes: int = 3) -> None:
    """Let the sweep ask about what is open, a few minutes later."""
    sweep(now=timezone.now() + timedelta(minutes=minutes))
    Job.objects.pending().update(due_at=Now())
    run_due_jobs()


class TestPayments:
    def begin(self, order):
        start_payment(order=order, provider=stripe, now=timezone.now())

    def paid_though_nobody_tells(self, desk):
        """Have the only session be paid at the provider; its messages are lost."""
        [session] = desk.service.of("cs")
        desk.service.pay(session["id"], "pay")
        desk.messages()

    def test_a_payment_that_began_unnoticed_is_found_and_pays_once(self, order, desk):
        killed(lambda: self.begin(order), noting=(attempts, "note_started"))
        assert PaymentAttempt.objects.get().state == "begun"
        self.paid_though_nobody_tells(desk)

        swept()
        swept(minutes=10)

        order.refresh_from_db()
        assert order.status == "completed"
        assert Settlement.objects.get().payment == Payment.objects.get()
        assert PaymentAttempt.objects.get().state == "ended"
        assert list(faults_of_books()) == []

    def test_a_customer_who_tries_again_is_sent_to_the_same_page(self, order, desk):
        killed(lambda: self.begin(order), noting=(attempts, "note_started"))

        again = start_payment(order=order, provider=stripe, now=timezone.now())

        [session] = desk.service.of("cs")
        assert again.reference == session["id"]

    def test_control_begun_within_one_transaction_the_money_is_lost(self, order, desk):
        def begin():
            with transaction.atomic():
                self.begin(order)

        killed(begin, noting=(attempts, "note_started"))
        self.paid_though_nobody_tells(desk)

        swept()

        order.refresh_from_db()
        assert order.status == "placed"
        assert not Payment.objects.exists()

    def test_an_answer_that_was_not_committed_is_asked_for_again_and_pays_once(self, order, desk):
        self.begin(order)
        self.paid_though_nobody_tells(desk)
        killed(swept, noting=(payments, "settle"))
        order.refresh_from_db()
        assert order.status == "placed"

        swept(minutes=10)
        swept(minutes=30)

        order.refresh_from_db()
        assert order.status == "completed"
        assert Settlement.objects.count() == Payment.objects.count() == 1
        assert Mail.objects.filter(kind="payment_received").count() == 1
        assert list(faults_of_books()) == []


class TestRefunds:
    @pytest.fixture
    def refund(self, order, desk) -> Refund:
        """Return a refund of half of an order, about to be sent."""
        attempt = start_payment(order=order, provider=stripe, now=timezone.now())
        desk.service.pay(attempt.reference, "pay")
        swept()
        run_due_jobs()
        merchant, now = UserFactory(is_staff=True), timezone.now()
        [(line_id, indexes)] = units_left(order).items()
        give_units_back(order_id=order.pk, units={line_id: indexes[:1]}, actor=merchant, reason="", now=now)
        order.refresh_from_db()
        send_back(order_id=order.pk, owed=owed_for(order), actor=merchant, now=now)
        desk.messages()
        return Refund.objects.get()

    def sent(self, desk):
        """Return the sum of what the provider sent back, in cents."""
        desk.messages()
        [intent] = desk.service.of("pi")
        return desk.service.refunded(intent["id"])

    def run_again(self):
        """Let workers try three times: an answer that a busy machine is late with is asked for again."""
        for _try in range(3):
            Job.objects.pending().update(due_at=Now())
            run_due_jobs()

    @pytest.mark.parametrize("hours", [0, 13], ids=["at once", "when the provider has forgotten the key"])
    def test_a_refund_that_was_sent_unnoticed_is_sent_once(self, order, refund, desk, hours):
        killed(self.run_again, noting=(following, "note_answer"))
        assert Refund.objects.get().state == "asked"
        assert self.sent(desk) == 12_000
        if hours:
            Refund.objects.update(asked_at=timezone.now() - timedelta(hours=hours))
            desk.service.answers.clear()

        self.run_again()
        self.run_again()

        assert self.sent(desk) == 12_000
        assert Refund.objects.get().state == "done"
        assert Mail.objects.filter(kind="refund_sent").count() == 1
        assert balances_of_order(order.pk).get(Account.REFUNDS_SENT) is None
        assert list(faults_of_books()) == []

    def test_control_with_a_key_for_each_call_it_is_sent_twice(self, refund, desk, monkeypatch):
        def ask_by_a_new_key(provider, refund, *, now):
            return provider.refund(
                reference=refund.payment.reference, amount=refund.amount, currency=refund.currency, key=str(uuid4())
            )

        monkeypatch.setattr(following, "_ask", ask_by_a_new_key)
        killed(self.run_again, noting=(following, "note_answer"))

        self.run_again()

        assert self.sent(desk) == 24_000
