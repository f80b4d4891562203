"""Lists of payments and of their events."""

import re

import pytest
from django.contrib.admin import site
from django.db import connection
from django.urls import reverse

from billing.ledger.models import LedgerEntry
from documents.issued.models import Document
from shop.papers.platforms.models import DocumentSending
from shop.payments.attempts.models import PaymentAttempt
from shop.payments.models import Payment, PaymentEvent
from shop.payments.refunds.models import Refund
from shop.payments.statements.models import StatementLine
from tests.factories.shop import pay
from tests.shop.admin_pages import order_url, text_of

pytestmark = pytest.mark.django_db

PAYMENTS = "/admin/shop/payment/"
EVENTS = "/admin/shop/paymentevent/"


@pytest.fixture
def settled(order):
    pay(order)
    return Payment.objects.get()


@pytest.fixture
def strange(new_order):
    """Return the event of a payment for an unknown order."""
    pay(new_order(), order_number="2000-000001", reference="lost")
    return PaymentEvent.objects.get(outcome="unknown_order")


def rows(client, url, **parameters):
    response = client.get(url, parameters)
    assert response.status_code == 200
    return set(response.context["cl"].result_list)


def test_payments_tell_amount_order_and_effect(client, settled):
    text = text_of(client.get(PAYMENTS))
    for told in (settled.reference, settled.order.number, "€120.00", "received", "paid its order", "Card (test)"):
        assert told in text, told


def test_money_that_needs_attention_is_found_in_both_lists(client, settled, strange):
    assert rows(client, EVENTS, todo="attention") == {strange}
    assert rows(client, PAYMENTS, todo="attention") == {strange.payment}
    assert len(rows(client, EVENTS)) == 2
    assert len(rows(client, PAYMENTS, by="sandbox")) == 2
    assert rows(client, PAYMENTS, by="transfer") == set()


def test_an_event_says_what_to_do(client, strange):
    text = text_of(client.get(reverse("admin:shop_paymentevent_change", args=[strange.pk])))
    assert "no such order" in text
    assert "Find out who paid, and for what." in text


def test_a_settled_event_asks_for_nothing(client, settled):
    event = PaymentEvent.objects.get()
    page = client.get(reverse("admin:shop_paymentevent_change", args=[event.pk]))
    assert "Nothing: all is well." in text_of(page)
    assert order_url(settled.order) in page.content.decode()


def test_a_payment_leads_to_its_order_and_events(client, settled):
    page = client.get(reverse("admin:shop_payment_change", args=[settled.pk])).content.decode()
    assert order_url(settled.order) in page
    assert rows(client, EVENTS, payment__id__exact=settled.pk) == {PaymentEvent.objects.get()}


def test_are_searched_by_reference_and_order(client, settled, strange):
    assert rows(client, PAYMENTS, q="lost") == {strange.payment}
    assert rows(client, EVENTS, q=settled.order.number) == {PaymentEvent.objects.get(outcome="settled")}


def test_a_payload_is_text(client, strange):
    PaymentEvent.objects.filter(pk=strange.pk).update(payload={"note": "</pre><script>alert(1)</script>"})
    page = client.get(reverse("admin:shop_paymentevent_change", args=[strange.pk])).content
    assert b"<script>alert" not in page


@pytest.mark.parametrize("url", [PAYMENTS, EVENTS])
def test_take_as_many_queries_for_many_rows(client, new_order, url, django_assert_max_num_queries):
    pay(new_order())
    client.get(url)
    with django_assert_max_num_queries(25) as few:
        client.get(url)
    for index in range(5):
        pay(new_order(), reference=f"r{index}")
    with django_assert_max_num_queries(25) as many:
        client.get(url)
    assert len(few) == len(many)


@pytest.mark.parametrize(
    "model", [Document, DocumentSending, LedgerEntry, Payment, PaymentAttempt, PaymentEvent, Refund, StatementLine]
)
def test_a_list_that_grows_is_read_in_the_order_of_an_index(model):
    rows = model.objects.order_by(*site.get_model_admin(model).ordering)[:50]
    with connection.cursor() as cursor:
        for way in ("seqscan", "bitmapscan", "sort"):
            cursor.execute(f"SET LOCAL enable_{way} = off")
    # A few rows of one day may be sorted among themselves.
    assert not re.search(r"(?<!Incremental )Sort  \(", rows.explain())
