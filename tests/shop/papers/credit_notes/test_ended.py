"""Deposits of orders that end unpaid: their invoices are credited, and the VAT is owed no more."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.utils import timezone

from billing.ledger.selectors import balances_of_order
from shop.orders.ending import cancel_order
from shop.papers.selectors import invoiced_of
from shop.postings.verifying import faults_of_books
from tests.factories.accounts import UserFactory
from tests.shop.papers.credit_notes.given import credit_notes_of, give_back, left_by_line, said_by
from tests.shop.papers.test_in_parts import in_parts, receive, sold

pytestmark = pytest.mark.django_db


def test_a_deposit_of_a_cancelled_order_is_credited_whole(seller):
    order = in_parts(sold(), "102.00", "238.00")
    receive(order, "102.00", 1)

    cancel_order(order_id=order.pk, actor=UserFactory(is_staff=True), now=timezone.now())

    [note] = credit_notes_of(order)
    deposit = note.corrects
    assert (deposit.kind, said_by(note).gross) == ("deposit", 102)
    assert said_by(note).lines == said_by(deposit).lines
    assert balances_of_order(order.pk) == {"in_transit": 10200, "unallocated": -10200}
    assert {amount.gross for amount in invoiced_of(order.pk).values()} == {Decimal(0)}
    assert list(faults_of_books()) == []


def test_an_order_without_money_ends_without_papers(seller, django_assert_max_num_queries):
    order = sold()
    cancel_order(order_id=order.pk, actor=UserFactory(is_staff=True), now=timezone.now())

    assert credit_notes_of(order) == []


def test_units_of_an_order_with_deposit_and_final_invoice_are_shared_between_both(seller):
    order = in_parts(sold(), "102.00", "238.00")
    receive(order, "102.00", 1)
    receive(order, "238.00", 2)

    give_back(order, 0)

    notes = credit_notes_of(order)
    assert [(note.corrects.kind, said_by(note).gross) for note in notes] == [("deposit", 36), ("final", 84)]
    assert left_by_line(order) == {0: 120, 1: 100}
    give_back(order, 1)
    give_back(order, 0, line=1)
    assert left_by_line(order) == {0: 0, 1: 0}
    assert list(faults_of_books()) == []
