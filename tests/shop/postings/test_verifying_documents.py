"""The ledger against the frozen documents: each kind of disagreement is found, and named."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.utils import timezone

from billing.closures.models import Closure
from billing.ledger.models import Account, LedgerLine
from billing.ledger.services import Entry, Kind, Line, post
from documents.issued.models import Document
from shop.orders.models import Order
from shop.papers.models import MissingPaper
from shop.postings.verifying import faults_of_books
from shop.postings.verifying_documents import faults_of_documents, faults_of_sales
from tests.billing.test_chain import by_owner_of_the_tables
from tests.factories.shop import pay
from tests.shop.papers.credit_notes.given import credit_notes_of, give_back, invoice_of, ordered, sold
from tests.shop.papers.test_in_parts import in_parts, receive
from tests.shop.papers.test_in_parts import sold as waiting

pytestmark = pytest.mark.django_db


@pytest.fixture
def order(seller) -> Order:
    """Order of three units at 20 % and three at 5.5 %, of which one at 20 % was given back."""
    order = sold("100.00", "10.00", rates=("20.00", "5.50"))
    give_back(order, 0)
    assert list(faults_of_books()) == []
    return order


def of(document: Document) -> str:
    return f"entry_id = (SELECT id FROM billing_ledgerentry WHERE fact = 'document:{document.pk}')"


def paid_in_two() -> Order:
    order = in_parts(waiting(), "102.00", "238.00")
    for number, amount in ((1, "102.00"), (2, "238.00")):
        pay(order, amount=Decimal(amount), reference=f"{order.pk}:{number}", event_id=f"{order.number}:{number}")
    return order


def part_at(order: Order, rate: str) -> str:
    return LedgerLine.objects.filter(order_id=order.pk, account="sales", part__endswith=rate).values_list("part")[0][0]


def test_an_entry_that_is_missing(order):
    note = credit_notes_of(order)[0]
    by_owner_of_the_tables(
        f"DELETE FROM billing_unsealedentry WHERE {of(note)}",
        f"DELETE FROM billing_ledgerline WHERE {of(note)}",
        f"DELETE FROM billing_ledgerentry WHERE fact = 'document:{note.pk}'",
    )

    assert f"Document {note.number} has no entry in the ledger." in list(faults_of_documents())
    assert [fault.split(" by ")[0] for fault in faults_of_sales()] == [
        f"Order {order.number} has 20000 of sales {part_at(order, '20.00')}",
        f"Order {order.number} has 4000 of vat {part_at(order, '20.00')}",
    ]


def test_an_entry_of_another_day_unless_that_of_the_document_was_closed(order):
    invoice = invoice_of(order)
    by_owner_of_the_tables(
        f"UPDATE billing_ledgerentry SET posted_on = posted_on + 1 WHERE fact = 'document:{invoice.pk}'"
    )
    [fault] = faults_of_documents()
    assert fault.startswith(f"Document {invoice.number} is of {invoice.issued_on}, and posted on ")

    day = {"starts_on": invoice.issued_on, "ends_on": invoice.issued_on, "closed_at": timezone.now()}
    Closure.objects.create(kind="day", entries=0, sums=[], sealed_to=0, digest=b"", **day)
    assert list(faults_of_documents()) == []


@pytest.mark.parametrize("account", ["sales", "vat"])
def test_an_amount_of_a_code(order, account):
    note, part = credit_notes_of(order)[0], part_at(order, "20.00")
    by_owner_of_the_tables(
        f"UPDATE billing_ledgerline SET amount = amount + 1 WHERE {of(note)} AND account = '{account}'",
        f"UPDATE billing_ledgerline SET amount = amount - 1 WHERE {of(note)} AND account = 'to_be_invoiced'",
    )

    said = {"sales": (-10000, 20000), "vat": (-2000, 4000)}[account]
    assert list(faults_of_documents()) == [
        f"Document {note.number} has {said[0]} of {account} {part} by documents, and {said[0] - 1} by the ledger."
    ]
    assert list(faults_of_sales()) == [
        f"Order {order.number} has {said[1]} of {account} {part} by documents, and {said[1] - 1} by the ledger."
    ]


def test_an_amount_under_another_code(order):
    invoice, part = invoice_of(order), part_at(order, "5.50")
    by_owner_of_the_tables(
        f"UPDATE billing_ledgerline SET part = 'other' WHERE {of(invoice)} AND account = 'vat' AND part = '{part}'"
    )

    assert [fault.split(" by ")[0] for fault in faults_of_documents()] == [
        f"Document {invoice.number} has 165 of vat {part}",
        f"Document {invoice.number} has 0 of vat other",
    ]


@pytest.mark.parametrize("kind", ["invoice", "credit_note"])
def test_a_document_that_prints_another_amount_than_it_invoices(order, kind):
    document = Document.objects.get(order_id=order.pk, kind=kind)
    changed = "jsonb_set(data, '{taxes,0,net}', '\"1.00\"')"
    by_owner_of_the_tables(f"UPDATE documents_document SET data = {changed} WHERE id = {document.pk}")

    assert list(faults_of_documents()) == [f"Document {document.number} prints other amounts than it invoices."]


def test_a_final_invoice_prints_what_its_deposits_invoiced_too(seller):
    order = paid_in_two()
    assert list(faults_of_books()) == []

    final = Document.objects.get(order_id=order.pk, kind="final")
    # As if its deposit had not been invoiced of the same lines.
    changed = "jsonb_set(data, '{taxes,0,net}', '\"140.00\"')"
    by_owner_of_the_tables(f"UPDATE documents_document SET data = {changed} WHERE id = {final.pk}")
    assert list(faults_of_documents()) == [f"Document {final.number} prints other amounts than it invoices."]


def test_the_net_of_a_deposit_that_is_not_the_documents(seller):
    order = in_parts(waiting(), "102.00", "238.00")
    receive(order, "102.00", 1)
    deposit = Document.objects.get(order_id=order.pk)
    part = LedgerLine.objects.get(order_id=order.pk, account="vat").part
    by_owner_of_the_tables(
        f"UPDATE billing_ledgerline SET amount = amount + 1 WHERE {of(deposit)} AND part = '{part}' AND amount = -6000",
        f"UPDATE billing_ledgerline SET amount = amount - 1 WHERE {of(deposit)} AND part = ''",
    )

    assert list(faults_of_documents()) == [
        f"Document {deposit.number} has 6000 of sales {part} by documents, and 5999 by the ledger."
    ]


def test_a_sale_of_which_no_document_says(order):
    part = part_at(order, "20.00")
    lines = (
        Line(Account.TO_BE_INVOICED, 100, order.account_id, order.pk),
        Line(Account.SALES, -100, order.account_id, order.pk, part),
    )
    post([Entry("stray", Kind.INVOICE, timezone.now(), "EUR", lines)])

    assert list(faults_of_sales()) == [
        f"Order {order.number} has 20000 of sales {part} by documents, and 20100 by the ledger."
    ]
    assert len(list(faults_of_books())) == 2


def test_a_document_that_is_lacking_and_not_noted(db):
    order = ordered("100.00")
    receive(order, "360.00", 1)
    assert list(faults_of_books()) == []
    MissingPaper.objects.all().delete()

    assert list(faults_of_books()) == [
        f"Order {order.number} lacks documents of 36000, and is not among those that lack some."
    ]


def test_is_asked_for_many_documents_together(order, django_assert_max_num_queries):
    paid_in_two()
    with django_assert_max_num_queries(20) as few:
        assert list(faults_of_documents()) + list(faults_of_sales()) == []
    other = sold("3.33", "5.00")
    give_back(other, 0, 2)
    paid_in_two()
    with django_assert_max_num_queries(len(few)):
        assert list(faults_of_documents()) + list(faults_of_sales()) == []
