"""At the same moment.

A provider sends one notification again and again over several connections, between other messages about the payment.
"""

import random
from dataclasses import replace
from decimal import Decimal

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from outbox.jobs.models import Job
from outbox.mails.models import Mail
from shop.orders.history.models import OrderEvent
from shop.payments import services as payments
from shop.payments.models import Payment, PaymentEvent, Settlement
from shop.payments.providers.sandbox import bank
from shop.payments.providers.sandbox.provider import SIGNATURE_HEADER, event_of, provider
from tests.factories.catalog import EntryFactory
from tests.factories.shop import charge_at_sandbox, make_cart, place
from tests.rivals.processes import deadlocks_among, errors_among, race, values_among

SIBLINGS = ("authorised", "captured", "reminder")


def messages_about_a_payment(order):
    """Return a notification and its siblings: the same success under other event ids, and an earlier decline."""
    now = timezone.now()
    charge = charge_at_sandbox(order, "succeed", now=now)
    payments.begin_payment(order_id=order.pk, provider=provider, reference=charge.reference, now=now)
    declined = replace(charge, choice=bank.Choice.DECLINE)
    told = bank.notification(event_of(charge, event_id="paid"))
    siblings = [bank.notification(event_of(charge, event_id=name)) for name in SIBLINGS]
    return told, [*siblings, bank.notification(event_of(declined, event_id="declined"))]


def deliver_all(messages):
    client, webhook = Client(), reverse("payment-webhook", args=["sandbox"])
    return [
        client.post(webhook, body, content_type="application/json", headers={SIGNATURE_HEADER: signature}).status_code
        for body, signature in messages
    ]


def test_a_notification_that_comes_for_ever_pays_once(trial):
    times, processes = trial.size(60, 1_000), trial.size(4, 8)
    order = place(make_cart(EntryFactory(handler="std_generateseats")))
    told, siblings = messages_about_a_payment(order)
    queues = [[told] * (times // processes) + siblings for _process in range(processes)]
    for number, queue in enumerate(queues):
        random.Random(number).shuffle(queue)

    answers = race(*(lambda queue=queue: deliver_all(queue) for queue in queues), limit=300)

    assert errors_among(answers) == []
    assert deadlocks_among(answers) == 0
    statuses = [status for answered in values_among(answers) for status in answered]
    assert statuses == [204] * (times + processes * len(siblings))
    outcomes = dict(PaymentEvent.objects.values_list("event_id", "outcome"))
    assert outcomes.pop("declined") in ("declined", "known")  # before the first success, or after it
    assert set(outcomes) == {"paid", *SIBLINGS}
    assert sorted(outcomes.values()) == ["known", "known", "known", "settled"]
    payment = Payment.objects.get()
    assert (payment.status, payment.settlement) == ("succeeded", Settlement.objects.get(order=order))
    order.refresh_from_db()
    assert (order.status, order.gross) == ("paid", Decimal("120.00"))
    assert order.events.filter(what=OrderEvent.What.PAID).count() == 1
    assert Job.objects.filter(kind="fulfil_line").count() == 1
    assert Mail.objects.filter(kind="payment_received").count() == 1
    trial.note("the same notification, over connections", f"{times}, {processes}")
    trial.note("siblings in between", processes * len(siblings))
    trial.note("events kept", PaymentEvent.objects.count())
    trial.note("settlements, jobs, mails", "1, 1, 1")


def test_control_without_the_events_key_what_paid_the_order_is_overwritten():
    def believe_each_time():
        look = payments._record_event
        payments._record_event = lambda event, **how: (look(event, **how)[0], True)

    order = place(make_cart(EntryFactory(handler="std_generateseats")))
    told, _siblings = messages_about_a_payment(order)

    answers = race(*[lambda: deliver_all([told])] * 2, without=believe_each_time)

    assert errors_among(answers) == []
    assert PaymentEvent.objects.get().outcome == "known"
