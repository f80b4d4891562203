"""Refunds and disputes reported by a provider: recorded and shown to the merchant; disputes freeze the order."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.utils import timezone

from outbox.jobs.models import Job
from outbox.mails.models import Mail
from outbox.mails.rendering import render_mail
from shop.orders.ending import cancel_order
from shop.orders.freezing import reasons_of
from shop.orders.history.models import OrderEvent
from shop.orders.lines.models import OrderLine
from shop.orders.models import Order
from shop.payments.models import Payment, PaymentEvent, Settlement
from tests.factories.shop import make_cart, pay, place
from tests.shop.admin_pages import text_of
from tests.shop.merchants import browser_of, staff
from tests.shop.steps import english_client

pytestmark = pytest.mark.django_db

KINDS = ["refunded", "refund_failed", "disputed", "dispute_won", "dispute_lost"]


@pytest.fixture
def order(probe_entry) -> Order:
    order = place(make_cart(probe_entry))
    pay(order)
    return order


def everything_but_events_and_mails() -> list[object]:
    jobs = Job.objects.exclude(kind="send_mail")
    tables = (Order.objects, OrderLine.objects, Payment.objects, Settlement.objects, jobs)
    return [list(table.order_by("pk").values()) for table in tables]


@pytest.mark.parametrize("kind", ["refunded", "refund_failed", "dispute_won"])
def test_of_a_known_payment_changes_no_order_and_no_settlement(order, kind):
    before = everything_but_events_and_mails()

    assert pay(order, kind=kind, event_id="back", amount=Decimal("20.00")) == "recorded"

    assert everything_but_events_and_mails() == before
    event = PaymentEvent.objects.get(event_id="back")
    assert (event.kind, event.amount, event.order, event.payment) == (kind, 20, order, Payment.objects.get())
    noted = OrderEvent.objects.get(order=order, what="money_recorded")
    assert noted.detail == {"kind": kind, "outcome": "recorded"}
    assert Mail.objects.filter(kind="money_needs_attention").count() == 1


@pytest.mark.parametrize("kind", KINDS)
def test_told_twice_is_shown_once(order, kind):
    assert pay(order, kind=kind, event_id="back") == "recorded"
    assert pay(order, kind=kind, event_id="back") == "recorded"
    assert PaymentEvent.objects.needing_attention().count() == 1
    assert Mail.objects.filter(kind="money_needs_attention").count() == 1


def test_in_any_currency_and_more_than_was_paid_it_is_recorded_as_told(order):
    assert pay(order, kind="refunded", event_id="back", amount=Decimal(9999), currency="USD") == "recorded"
    payment = Payment.objects.get()
    assert (payment.status, payment.amount, payment.currency) == ("succeeded", Decimal(120), "EUR")


def test_belongs_to_the_order_of_the_payment_whatever_number_is_told(order, probe_entry):
    other = place(make_cart(probe_entry), email="other@example.org")
    assert pay(order, kind="disputed", event_id="back", order_number=other.number) == "recorded"
    assert PaymentEvent.objects.get(event_id="back").order == order
    assert not other.events.filter(what="money_recorded").exists()


def test_a_dispute_changes_nothing_but_the_freeze(order):
    before = everything_but_events_and_mails()

    assert pay(order, kind="disputed", event_id="back") == "recorded"
    assert reasons_of(order) == {"dispute"}

    OrderLine.objects.update(frozen_for=[])
    assert everything_but_events_and_mails() == before


def test_of_a_payment_nobody_knows_makes_none_and_is_shown(order, probe_entry):
    unpaid = place(make_cart(probe_entry), email="other@example.org")
    before = everything_but_events_and_mails()

    assert pay(unpaid, kind="refunded", event_id="back") == "unknown_payment"
    assert pay(unpaid, kind="disputed", event_id="nowhere", order_number="2000-1") == "unknown_payment"

    assert everything_but_events_and_mails() == before
    assert PaymentEvent.objects.get(event_id="back").order == unpaid
    assert PaymentEvent.objects.get(event_id="nowhere").order is None
    assert PaymentEvent.objects.needing_attention().count() == 2


def test_that_overtakes_the_payment_does_not_keep_it_from_settling(probe_entry):
    order = place(make_cart(probe_entry))
    assert pay(order, kind="disputed", event_id="first") == "unknown_payment"
    assert pay(order, event_id="second") == "settled"


def test_of_an_unallocated_payment_does_not_hide_that(order):
    assert pay(order, reference="second", event_id="second") == "second_charge"
    assert pay(order, reference="second", event_id="back", kind="refunded") == "recorded"
    assert PaymentEvent.objects.needing_attention().count() == 2
    assert PaymentEvent.objects.unallocated().count() == 1


def test_of_an_order_that_ended_revives_nothing(order, probe_entry):
    ended = place(make_cart(probe_entry), email="other@example.org")
    pay(ended, kind="declined", event_id="no", reference="x")
    cancel_order(order_id=ended.pk, actor=None, now=timezone.now())
    assert pay(ended, kind="dispute_won", event_id="won", reference="x") == "recorded"
    ended.refresh_from_db()
    assert ended.status == "cancelled"


def test_the_customer_is_not_told_of_money_that_found_no_order(order):
    pay(order, kind="disputed", event_id="back")
    shown = english_client().get(f"/orders/{order.token}/")
    assert shown.context["view"].has_stray_money is False
    pay(order, reference="second", event_id="second")
    shown = english_client().get(f"/orders/{order.token}/")
    assert shown.context["view"].has_stray_money is True


@pytest.mark.parametrize(
    ("kind", "label", "advice"),
    [
        ("refunded", "refund", "Money went back to the customer"),
        ("refund_failed", "refund failed", "The customer did not get the money back"),
        ("disputed", "dispute", "Answer at the payment provider before its deadline"),
        ("dispute_won", "dispute won", "The money stays with you"),
        ("dispute_lost", "dispute lost", "The money has gone back"),
    ],
)
def test_the_merchant_reads_what_it_is_and_what_to_do(order, kind, label, advice):
    pay(order, kind=kind, event_id="back", amount=Decimal("20.00"))
    event = PaymentEvent.objects.get(event_id="back")
    merchant = browser_of(staff("shop.view_paymentevent", "shop.view_order", "shop.deal_with_money"))

    page = text_of(merchant.get(f"/admin/shop/paymentevent/{event.pk}/change/"))
    assert label in page
    assert advice in page
    listed = text_of(merchant.get("/admin/shop/paymentevent/", {"todo": "attention"}))
    assert label in listed
    assert "recorded, order unchanged" in listed
    history = text_of(merchant.get(f"/admin/shop/order/{order.pk}/change/"))
    assert "payment needs attention" in history
    assert f"{label} recorded, order unchanged" in " ".join(history.split())

    merchant.post(f"/admin/shop/paymentevent/{event.pk}/resolve/", {"note": "seen"})
    assert not PaymentEvent.objects.needing_attention().exists()


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", "Card (test) tells of a payment: dispute, €20.00. It is recorded. What the money paid for is frozen"),
        ("fr", "Carte bancaire (test) signale au sujet d’un paiement : contestation"),
    ],
)
def test_the_sales_team_is_mailed(order, language, told):
    pay(order, kind="disputed", event_id="back", amount=Decimal("20.00"))
    mail = Mail.objects.get(kind="money_needs_attention")
    mail.language = language
    text = " ".join(render_mail(mail, blank_secrets=False).text.split())
    assert told in text
    assert order.number in text
