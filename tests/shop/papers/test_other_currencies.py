"""Shops in a currency without cents, and in one of three decimals: from the price to the money sent back."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest
from django.utils import timezone, translation

from billing.ledger.selectors import balances_of_order
from common.currencies import in_minor_units, is_whole
from common.templatetags.money import money
from documents.issued.models import Document
from outbox.jobs.running import run_due_jobs
from shop.orders.giving_back.owed import owed_for
from shop.orders.models import Order
from shop.payments.attempts.services import start_payment
from shop.payments.refunds.models import Refund
from shop.payments.refunds.sending import send_back
from shop.payments.requests.asked import asked_of
from shop.postings.verifying import faults_of_books
from tests.factories.shop import deliver
from tests.shop.merchants import staff
from tests.shop.papers.credit_notes.given import (
    credit_notes_of,
    give_back,
    invoice_of,
    left_by_line,
    ordered,
    said_by,
)
from tests.shop.payments.providers.desks import AtStripe, receive, stripe_desk

pytestmark = pytest.mark.django_db(transaction=True)
D = Decimal


@pytest.fixture
def desk(monkeypatch) -> Iterator[AtStripe]:
    with stripe_desk(monkeypatch) as desk:
        yield desk


@pytest.fixture
def order(request, settings, desk) -> Order:
    """Three units each of two entries whose tax is no whole number of steps."""
    settings.SHOP_CURRENCY, *prices = request.param
    return ordered(*prices, rates=("5.50", "5.50"))


YEN, DINARS = ("JPY", "1001", "333"), ("KWD", "10.01", "3.33")


@pytest.mark.parametrize(
    ("order", "net", "tax"),
    [(YEN, "4002", "220"), (DINARS, "40.02", "2.20")],
    indirect=["order"],
)
def test_an_order_is_paid_invoiced_and_refunded_in_steps_of_the_currency(seller, order, net, tax, desk):
    currency, gross = order.currency, D(net) + D(tax)
    assert (order.net, order.tax, order.gross) == (D(net), D(tax), gross)
    assert [each.request.amount for each in asked_of(order)] == [gross]

    attempt = start_payment(order=order, provider=desk.provider, now=timezone.now())
    assert receive(desk, *desk.pay(attempt))[0] == "settled"
    deliver(order)

    units = in_minor_units(gross, currency)
    assert {account.value: sum for account, sum in balances_of_order(order.pk).items() if sum} == {
        "in_transit": units, "sales": -in_minor_units(D(net), currency), "vat": -in_minor_units(D(tax), currency),
    }  # fmt: skip
    invoice = said_by(invoice_of(order))
    assert (invoice.currency, invoice.net, invoice.tax, invoice.paid) == (currency, D(net), D(tax), gross)

    for line in (0, 1):
        for place in range(3):
            give_back(order, place, line=line)
    send_back(order_id=order.pk, owed=owed_for(order), actor=staff(), now=timezone.now())
    run_due_jobs()

    assert Refund.objects.get().state == "done"
    assert (Refund.objects.get().amount, owed_for(order)) == (gross, 0)
    assert not any(balances_of_order(order.pk).values())
    assert left_by_line(order) == {0: 0, 1: 0}
    notes = [said_by(note) for note in credit_notes_of(order)]
    assert (sum(note.net for note in notes), sum(note.tax for note in notes)) == (D(net), D(tax))
    amounts = [amount for note in notes for amount in (note.net, note.tax, *(line.net for line in note.lines))]
    assert all(is_whole(amount, currency) for amount in amounts)
    assert Document.objects.filter(files__isnull=True).count() == 0
    assert list(faults_of_books()) == []


@pytest.mark.parametrize(
    ("amount", "currency", "shown"), [("43.22", "KWD", "KWD43.220"), ("4322", "JPY", "¥4,322"), ("5", "EUR", "€5.00")]
)
def test_an_amount_is_shown_with_the_decimals_of_its_currency(amount, currency, shown):
    with translation.override("en"):
        assert money(D(amount), currency) == shown
