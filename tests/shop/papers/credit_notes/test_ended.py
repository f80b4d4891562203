"""Deposits of orders that end unpaid: their invoices are credited, and the VAT is not due any more."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db.models import Sum
from django.utils import timezone, translation

from billing.ledger.models import LedgerLine
from billing.ledger.selectors import balances_of_order
from documents.invoices import checking
from documents.issued.mailed import told_by
from documents.issued.models import Document
from outbox.mails.models import Mail
from outbox.mails.rendering import render_mail
from shop.orders.ending import cancel_order, expire_orders
from shop.orders.models import Order
from shop.papers.models import MissingPaper
from shop.papers.selectors import invoiced_of
from shop.papers.services import issue_by_hand
from shop.postings.verifying import faults_of_books
from tests.factories.accounts import UserFactory
from tests.shop.papers.credit_notes.given import credit_notes_of, give_back, left_by_line, said_by
from tests.shop.papers.test_in_parts import in_parts, receive, sold

pytestmark = pytest.mark.django_db


@pytest.fixture
def order(seller) -> Order:
    """Order of 340.00 of which 102.00 came, and was invoiced as a deposit."""
    order = in_parts(sold(), "102.00", "238.00")
    receive(order, "102.00", 1)
    return order


def cancel(order: Order) -> None:
    cancel_order(order_id=order.pk, actor=UserFactory(is_staff=True), now=timezone.now())


def expire(order: Order) -> None:
    order.refresh_from_db()
    expire_orders(now=order.expires_at + timedelta(days=1))


@pytest.mark.parametrize("end", [cancel, expire])
def test_a_deposit_is_credited_whole_and_its_money_owed_back(order, end):
    end(order)

    [note] = credit_notes_of(order)
    deposit = note.corrects
    assert (deposit.kind, said_by(note).gross) == ("deposit", 102)
    assert said_by(note).lines == said_by(deposit).lines
    assert balances_of_order(order.pk) == {"in_transit": 10200, "unallocated": -10200}
    deposits = LedgerLine.objects.filter(order_id=order.pk, account="deposits").order_by().values("part")
    assert not deposits.annotate(sum=Sum("amount")).exclude(sum=0).exists()
    assert {amount.gross for amount in invoiced_of(order.pk).values()} == {Decimal(0)}
    assert list(faults_of_books()) == []


def test_the_mail_of_the_end_carries_the_credit_note_and_says_whose_the_money_is(order):
    Order.objects.filter(pk=order.pk).update(language="en")
    cancel(order)

    mail = Mail.objects.get(kind="order_ended", order_id=order.pk)
    assert list(told_by(mail)) == credit_notes_of(order)
    with translation.override("en"):
        text = render_mail(mail, blank_secrets=True).text
    assert "You had paid €102.00 for it." in text
    assert f"Credit note {credit_notes_of(order)[0].number}" in text


def test_each_deposit_has_a_credit_note_of_its_own(seller):
    order = in_parts(sold(), "102.00", "100.00", "138.00")
    receive(order, "102.00", 1)
    receive(order, "100.00", 2)
    cancel(order)
    cancel(order)

    assert [(note.corrects.kind, said_by(note).gross) for note in credit_notes_of(order)] == [
        ("deposit", 102), ("deposit", 100),
    ]  # fmt: skip
    assert list(faults_of_books()) == []


def test_words_that_are_missing_are_noted_and_the_credit_note_comes_by_hand(order, monkeypatch):
    monkeypatch.setattr(checking, "_of_kind", lambda kind, _said: iter({"credit_note": ["buyer.city"]}.get(kind, [])))
    cancel(order)
    assert MissingPaper.objects.get(order=order).faults == ["buyer.city"]
    assert balances_of_order(order.pk) == {"in_transit": 10200, "unallocated": -10200, "deposits": 1200, "vat": -1200}
    assert list(faults_of_books()) == []
    monkeypatch.undo()

    [note] = issue_by_hand(order_id=order.pk, actor=UserFactory(is_staff=True), now=timezone.now())

    assert (note.kind, said_by(note).gross) == ("credit_note", 102)
    assert balances_of_order(order.pk) == {"in_transit": 10200, "unallocated": -10200}
    assert not MissingPaper.objects.exists()


def test_a_deposit_invoice_that_was_lacking_is_none_any_more(db):
    order = in_parts(sold(), "102.00", "238.00")
    receive(order, "102.00", 1)
    assert MissingPaper.objects.exists()
    cancel(order)

    assert not MissingPaper.objects.exists()
    assert list(faults_of_books()) == []


def test_an_order_that_comes_back_is_invoiced_anew(order):
    cancel(order)
    receive(order, "340.00", 2)

    kinds = list(Document.objects.filter(order_id=order.pk).order_by("pk").values_list("kind", flat=True))
    assert kinds == ["deposit", "credit_note", "invoice"]
    assert balances_of_order(order.pk) == {
        "in_transit": 44200, "unallocated": -10200, "sales": -30000, "vat": -4000,
    }  # fmt: skip
    assert list(faults_of_books()) == []


def test_an_order_without_money_ends_without_papers(seller):
    order = sold()
    cancel(order)

    assert credit_notes_of(order) == []


def test_units_of_an_order_with_deposit_and_final_invoice_are_shared_between_both(order):
    receive(order, "238.00", 2)
    give_back(order, 0)

    notes = credit_notes_of(order)
    assert [(note.corrects.kind, said_by(note).gross) for note in notes] == [("deposit", 36), ("final", 84)]
    assert left_by_line(order) == {0: 120, 1: 100}
    give_back(order, 1)
    give_back(order, 0, line=1)
    assert left_by_line(order) == {0: 0, 1: 0}
    assert list(faults_of_books()) == []
