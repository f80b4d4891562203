"""Invoices of an OPCO's share and of the company's: they sum to the order, each has its buyer and its due date."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from common.moments import local_day
from documents.invoices import checking
from documents.invoices.values import from_data
from documents.issued.models import Document
from shop.orders.giving_back.owed import owed_for
from shop.orders.giving_back.services import give_units_back
from shop.papers.credit_notes import services as credit_notes
from shop.papers.credit_notes.rests import rests_of
from shop.papers.models import MissingPaper
from shop.papers.selectors import invoiced_of
from shop.papers.services import issue_by_hand
from shop.payments.requests.asked import asked_of
from shop.payments.requests.givers import Giver
from shop.payments.requests.planning import Part, plan_payments
from shop.payments.requests.promises import accept_promise
from shop.postings.verifying import faults_of_books
from tests.factories.shop import deliver
from tests.shop.merchants import staff
from tests.shop.papers.credit_notes.given import give_back, said_by
from tests.shop.papers.credit_notes.test_correcting import corrected
from tests.shop.papers.test_in_parts import papers, receive, sold
from tests.shop.payments.requests.plans import piece

pytestmark = pytest.mark.django_db
D = Decimal
AKTO = Giver(name="AKTO", siret="55210055400013", street="14 rue Riquet", postal_code="75019", city="Paris")


def shared(*, giver: Giver | None = AKTO):
    """Return an order of 340.00, of which an OPCO has promised 111.11 and the company owes the rest in a month."""
    order, due = sold(), local_day(timezone.now()) + timedelta(days=30)
    plan_payments(
        order_id=order.pk, parts=[Part(D("111.11"), due), Part(D("228.89"), due)], actor=staff(), now=timezone.now()
    )
    for kind, position, who in (("opco", 2, giver), ("on_account", 3, None)):
        told = {"kind": kind, "reference": "F-2026-7", "due_on": due, "positions": [position], "giver": who}
        accept_promise(order_id=order.pk, **told, actor=staff(), now=timezone.now())
    return order


def test_the_opco_and_the_company_each_have_an_invoice_of_their_part(seller):
    order = shared()

    (_one, of_opco), (_two, own) = papers(order)
    assert (of_opco.buyer.name, of_opco.buyer.siret, of_opco.gross, of_opco.due) == (
        "AKTO", "55210055400013", D("111.11"), D("111.11"),
    )  # fmt: skip
    assert of_opco.references.purchase_order == "F-2026-7"
    assert "Ateliers Roy" in of_opco.notes[0]
    assert (own.buyer.name, own.gross, own.due) == ("Ateliers Roy", D("228.89"), D("228.89"))
    assert of_opco.net + own.net == order.net
    assert {amount.gross for amount in invoiced_of(order.pk).values()} == {240, 100}
    assert not list(faults_of_books())


def test_their_files_keep_the_rules(seller):
    order = shared()
    deliver(order)

    for document, said in papers(order):
        assert said.buyer.name.encode() in bytes(document.files.get(form="xml").content)


def test_each_payer_has_the_receipt_of_what_they_paid(seller):
    order = shared()
    receive(order, "111.11", 1)
    receive(order, "228.89", 2)

    receipts = [(said.buyer.name, said.gross) for document, said in papers(order) if document.kind == "receipt"]
    assert receipts == [("AKTO", D("111.11")), ("Ateliers Roy", D("228.89"))]


def test_an_opco_that_nobody_named_is_missing_and_the_company_has_its_invoice(seller):
    order = shared(giver=None)

    [(_document, own)] = papers(order)
    assert own.gross == D("228.89")
    assert "buyer.name" in MissingPaper.objects.get(order=order).faults
    assert not list(faults_of_books())


class TestGivenBack:
    """One of two units for 120.00 each; the OPCO pays 111.11 of 340.00, 78.43 of it for these units."""

    def credited(self, order):
        return {said.buyer.name: (said.net, said.tax) for document, said in papers(order) if document.corrects_id}

    def left(self, order):
        """Return what the invoices leave of each payer's share, and what each is still asked for."""
        rests = {key: sum(rest.gross for rest in lines.values()) for key, lines in rests_of(order.pk).items()}
        invoices = Document.objects.in_bulk(rests)
        by_buyer = {from_data(invoices[key].data).buyer.name: rest for key, rest in rests.items()}
        asked = {each.payer: each.rest for each in asked_of(order)}
        return by_buyer, (asked["opco:2"], asked[""])

    def test_is_credited_on_both_as_the_shares_of_the_line_say_and_each_is_asked_for_less(self, seller):
        order = deliver(shared())
        give_back(order, 0)

        assert self.credited(order) == {
            "AKTO": (D("32.68"), D("6.54")),
            "Ateliers Roy": (D("67.32"), D("13.46")),
        }
        assert self.left(order) == (
            {"AKTO": D("71.89"), "Ateliers Roy": D("148.11")},
            (D("71.89"), D("148.11")),
        )
        assert owed_for(order) == 0
        assert not list(faults_of_books())

    def test_what_one_has_paid_already_is_owed_back_and_the_other_is_asked_for_no_less_than_their_part(self, seller):
        order = deliver(shared())
        receive(order, "111.11", 1)
        give_back(order, 0)

        assert self.left(order)[1] == (0, D("148.11"))
        assert owed_for(order) == D("39.22")
        assert not list(faults_of_books())

    def test_all_of_it_little_by_little_sums_to_both_invoices(self, seller):
        order = deliver(shared())
        for place, line in ((0, 0), (1, 0), (0, 1)):
            give_back(order, place, line=line)
            by_buyer, asked = self.left(order)
            assert (by_buyer.get("AKTO", 0), by_buyer.get("Ateliers Roy", 0)) == asked

        assert (by_buyer, asked) == ({}, (0, 0))
        assert not list(faults_of_books())

    def test_a_share_promised_after_the_invoice_is_asked_for_less_like_the_buyers(self, seller):
        order = deliver(shared())
        order.requests.filter(promise="on_account").update(promise="opco", giver=AKTO.as_kept())
        give_back(order, 0)

        assert [each.rest for each in asked_of(order)] == [D("71.89"), D("148.11")]
        assert owed_for(order) == 0
        assert not list(faults_of_books())

    def test_a_corrected_invoice_of_one_stays_theirs(self, seller):
        order = deliver(shared())
        receive(order, "228.89", 1)
        own = papers(order)[1][0]
        done = corrected(order, own, rest="228.89", city="Brest")

        assert (said_by(done.invoice).paid, said_by(done.invoice).due) == (D("228.89"), 0)
        give_back(order, 0)
        assert self.left(order)[1] == (D("71.89"), 0)
        assert owed_for(order) == D("80.78")
        assert not list(faults_of_books())

    def test_where_one_cannot_be_credited_neither_is_and_both_are_by_hand(self, seller, monkeypatch):
        order = deliver(shared())

        def city_of_the_company(kind, said):
            return ["buyer.city"] if kind == "credit_note" and said.buyer.name == "Ateliers Roy" else []

        with monkeypatch.context() as stricter:
            stricter.setattr(checking, "_of_kind", city_of_the_company)
            give_back(order, 0)
            assert self.credited(order) == {}
            assert MissingPaper.objects.get(order=order).faults == ["buyer.city"]
            give_back(order, 0, line=1)
        _by_buyer, asked = self.left(order)
        issue_by_hand(order_id=order.pk, actor=staff(), now=timezone.now())

        assert asked == (D("39.21"), D("80.79"))
        assert self.left(order) == ({"AKTO": D("39.21"), "Ateliers Roy": D("80.79")}, asked)
        assert not MissingPaper.objects.exists()
        assert not list(faults_of_books())


def test_a_credit_note_that_was_lost_is_issued_by_hand(seller, monkeypatch):
    order = shared()
    deliver(order)
    line = order.lines.order_by("position").first()
    with monkeypatch.context() as broken:
        broken.setattr(credit_notes, "parts_to_credit", lambda *_given, **_named: {})
        give_units_back(order_id=order.pk, units={line.pk: range(1)}, actor=staff(), reason="Asked", now=timezone.now())
    assert not Document.objects.filter(order_id=order.pk, kind="credit_note").exists()

    documents = issue_by_hand(order_id=order.pk, actor=staff(), now=timezone.now())

    assert [document.kind for document in documents] == ["credit_note", "credit_note"]
    assert not list(faults_of_books())


def test_what_the_company_paid_of_a_part_stays_theirs_when_an_opco_promises_it(seller):
    order = sold()
    piece(order, "200.00", "OWN")
    order.refresh_from_db()
    told = {"kind": "opco", "reference": "F-2026-7", "due_on": None, "giver": AKTO}

    assert accept_promise(order_id=order.pk, **told, actor=staff(), now=timezone.now())

    assert [(each.asks, each.received, each.payer) for each in asked_of(order)] == [
        (D("200.00"), D("200.00"), ""), (D("140.00"), 0, "opco:2"),
    ]  # fmt: skip
    invoices = [(document.kind, said.buyer.name, said.gross) for document, said in papers(order)]
    assert invoices == [
        ("deposit", "Ateliers Roy", D("200.00")),
        ("invoice", "AKTO", D("140.00")),
        ("final", "Ateliers Roy", D("200.00")),
    ]
    receive(order, "140.00", 2)
    assert [each.rest for each in asked_of(order)] == [0, 0]
    assert not list(faults_of_books())
