"""Units given back: one credit note for each invoice concerned, in the same transaction, to the cent."""

from __future__ import annotations

from decimal import Decimal
from functools import partial

import pytest
from django.utils import timezone

from billing.ledger.models import LedgerLine
from documents.invoices import checking
from documents.issued.models import Document
from handlers.contract import RevokeReason
from outbox.jobs.running import run_due_jobs
from shop.papers.models import MissingPaper
from shop.papers.services import issue_by_hand
from shop.postings.verifying import faults_of_books
from tests.constraints import broken, run
from tests.factories.accounts import UserFactory
from tests.factories.shop import pay
from tests.shop.papers.credit_notes.given import credit_notes_of, give_back, invoice_of, left_by_line, said_by, sold

pytestmark = pytest.mark.django_db
D = Decimal


def test_a_unit_given_back_is_credited_and_refers_to_its_invoice(seller):
    order = sold("100.00")
    give_back(order, 1)

    [note] = credit_notes_of(order)
    said, invoice = said_by(note), said_by(invoice_of(order))
    assert (note.corrects, note.order_id, note.language) == (invoice_of(order), order.pk, invoice_of(order).language)
    assert (said.net, said.tax, said.gross, said.paid, said.dues) == (100, 20, 120, 0, ())
    [line] = said.lines
    assert (line.name, line.quantity, line.unit_net, line.net) == (invoice.lines[0].name, 1, 100, 100)
    assert (said.buyer, said.seller, said.references, said.terms) == (
        invoice.buyer, invoice.seller, invoice.references, invoice.terms,
    )  # fmt: skip
    assert left_by_line(order) == {0: 240}


def test_the_parts_given_back_sum_to_the_invoice_to_the_cent(seller):
    order = sold("10.01", "7.00", rates=("20.00", "5.50"))
    for place in range(3):
        give_back(order, place)
        give_back(order, place, line=1)

    notes, invoice = [said_by(note) for note in credit_notes_of(order)], said_by(invoice_of(order))
    assert len(notes) == 6
    assert (sum(note.net for note in notes), sum(note.tax for note in notes)) == (invoice.net, invoice.tax)
    assert left_by_line(order) == {0: 0, 1: 0}


def test_all_of_an_invoice_is_credited_in_its_own_words(seller):
    order = sold("10.01")
    give_back(order, 0, 1, 2)

    [note] = credit_notes_of(order)
    assert said_by(note).lines == said_by(invoice_of(order)).lines


def test_another_amount_is_credited_as_it_was_typed(seller):
    order = sold("100.00")
    give_back(order, 0, 1, amount="100.00")

    [line], note = said_by(credit_notes_of(order)[0]).lines, said_by(credit_notes_of(order)[0])
    assert (note.net, note.tax, note.gross) == (D("83.33"), D("16.67"), 100)
    assert (line.quantity, line.unit_net) == (2, D("41.665"))


def test_giving_back_without_an_amount_makes_none(seller):
    order = sold("100.00")
    give_back(order, 0, why=RevokeReason.CANCELLED)
    give_back(order, 1, amount="0.00")

    assert credit_notes_of(order) == []


def test_a_second_charge_makes_none(seller):
    order = sold("100.00")
    pay(order, reference="again", event_id="again")

    assert credit_notes_of(order) == []


def test_has_its_files_by_the_jobs(seller):
    order = sold("100.00")
    give_back(order, 0)
    run_due_jobs()

    files = {file.form: bytes(file.content) for file in credit_notes_of(order)[0].files.all()}
    assert set(files) == {"pdf", "xml", "ubl"}
    assert f"<ram:IssuerAssignedID>{invoice_of(order).number}<".encode() in files["xml"]


def test_what_is_missing_never_refuses_a_giving_back_and_is_noted(seller, monkeypatch):
    order = sold("100.00")
    stricter = {"credit_note": ["buyer.city"]}
    monkeypatch.setattr(checking, "_of_kind", lambda kind, invoice: iter(stricter.get(kind, [])))

    give_back(order, 0)

    assert MissingPaper.objects.get(order=order).faults == ["buyer.city"]
    assert credit_notes_of(order) == []
    assert order.lines.get().givings_back.count() == 1

    monkeypatch.undo()
    assert list(faults_of_books()) == []
    issue_by_hand(order_id=order.pk, actor=UserFactory(), now=timezone.now())
    assert said_by(credit_notes_of(order)[0]).gross == 120
    assert not MissingPaper.objects.exists()
    assert list(faults_of_books()) == []


def test_an_order_without_an_invoice_is_only_invoiced_less(db):
    order = sold("100.00")
    give_back(order, 0)

    assert not Document.objects.exists()


def test_agrees_with_the_ledger_for_each_tax_code(seller):
    order = sold("10.01", "7.00", rates=("20.00", "5.50"))
    give_back(order, 0, 2)
    give_back(order, 1, line=1, amount="3.33")

    notes = [tax for note in credit_notes_of(order) for tax in said_by(note).taxes]
    lines = LedgerLine.objects.filter(entry__fact__in=[f"document:{note.pk}" for note in credit_notes_of(order)])
    for rate in ("20.00", "5.50"):
        posted = {
            account: sum(line.amount for line in lines if line.account == account and line.part.endswith(f":{rate}"))
            for account in ("sales", "vat")
        }
        said = [tax for tax in notes if tax.rate == D(rate)]
        assert posted == {"sales": sum(tax.net for tax in said) * 100, "vat": sum(tax.tax for tax in said) * 100}
    assert list(faults_of_books()) == []


class TestTheDatabaseRefuses:
    @pytest.fixture
    def insert(self, seller):
        """Return a function that writes a row of an order's credit note, or invoice, anew."""
        order = sold("100.00")
        give_back(order, 0)
        run("SET CONSTRAINTS ALL IMMEDIATE")

        def insert(document: Document, net: int) -> None:
            run("DELETE FROM shop_invoicedline WHERE document_id = %s", document.pk)
            columns = "INSERT INTO shop_invoicedline (document_id, line_id, net, tax, gross) VALUES (%s, %s, %s, 0, %s)"
            run(columns, document.pk, order.lines.get().pk, net, net)

        return partial(insert, credit_notes_of(order)[0]), partial(insert, invoice_of(order))

    def test_to_credit_more_than_an_invoice_says(self, insert):
        credit, _invoice = insert
        with broken("shop_invoicedline_credit_within_invoice"):
            credit(-301)

    def test_that_a_credit_note_adds_or_an_invoice_takes_off(self, insert):
        credit, invoice = insert
        with broken("shop_invoicedline_credit_within_invoice"):
            credit(1)
        with broken("shop_invoicedline_credit_within_invoice"):
            invoice(-1)


def test_costs_the_same_for_many_lines(seller, django_assert_max_num_queries):
    few, many = sold("10.00"), sold(*["10.00"] * 6)
    with django_assert_max_num_queries(400) as once:
        give_back(few, 0)
    with django_assert_max_num_queries(len(once)):
        give_back(many, 0)
