"""A wrong document: taken back whole by a credit note, and issued anew with corrected details; no money moves."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from billing.ledger.models import LedgerEntry
from billing.ledger.selectors import balances_of_order
from documents.invoices.values import Due
from documents.issued.models import Document
from outbox.jobs.running import run_due_jobs
from shop.orders.history.models import OrderEvent
from shop.orders.models import Order
from shop.papers.credit_notes.correcting import (
    CorrectionWithoutReason,
    NothingCorrected,
    NothingToCorrect,
    RestChanged,
    correct_document,
)
from shop.papers.credit_notes.details import BillingDetails
from shop.papers.services import StillMissing
from shop.postings.verifying import faults_of_books
from tests.documents.invoices.stylesheets import rules_broken
from tests.factories.accounts import UserFactory
from tests.shop.admin_pages import order_url, text_of
from tests.shop.merchants import browser_of, staff
from tests.shop.papers.credit_notes.given import (
    credit_notes_of,
    give_back,
    invoice_of,
    left_by_line,
    promised,
    said_by,
    sold,
)
from tests.shop.papers.given import SIRET
from tests.shop.papers.test_in_parts import in_parts, receive
from tests.shop.papers.test_in_parts import sold as waiting

pytestmark = pytest.mark.django_db
D = Decimal
RIGHTS = ("shop.view_order", "shop.correct_papers", "shop.change_order")


def corrected(order: Order, document: Document, *, rest: str, reason: str = "Typed wrong", **changes: str):
    return correct_document(
        order_id=order.pk,
        document_id=document.pk,
        details=replace(BillingDetails.of(said_by(document)), **changes),
        rest=D(rest),
        reason=reason,
        actor=UserFactory(is_staff=True),
        now=timezone.now(),
    )


def test_the_whole_is_credited_and_invoiced_anew(seller):
    order = sold("100.00")
    wrong = invoice_of(order)

    done = corrected(order, wrong, rest="360.00", city="Brest", purchase_order="PO-7")

    credited, new, old = said_by(done.credit_note), said_by(done.invoice), said_by(wrong)
    assert (done.credit_note.corrects, done.invoice.corrects) == (wrong, wrong)
    assert (credited.gross, credited.buyer, credited.lines) == (360, old.buyer, old.lines)
    assert (new.buyer.city, new.references.purchase_order, new.lines) == ("Brest", "PO-7", old.lines)
    assert (new.gross, new.paid, new.due, new.payment) == (360, 360, 0, old.payment)
    assert wrong.number in new.notes[-1]
    assert done.credit_note.number in new.notes[-1]
    assert left_by_line(order) == {0: 360}
    assert list(faults_of_books()) == []


def test_no_money_moves_and_the_order_says_the_same(seller):
    order = sold("100.00")
    before = balances_of_order(order.pk)

    done = corrected(order, invoice_of(order), rest="360.00", street="2 quai Neuf")

    assert balances_of_order(order.pk) == before
    facts = [f"document:{document.pk}" for document in (done.credit_note, done.invoice)]
    posted = LedgerEntry.objects.filter(fact__in=facts).order_by("pk")
    sums = [dict(entry.lines.values_list("account", "amount")) for entry in posted]
    assert sums == [
        {"to_be_invoiced": -36000, "sales": 30000, "vat": 6000},
        {"to_be_invoiced": 36000, "sales": -30000, "vat": -6000},
    ]
    assert {entry.posted_on for entry in posted} == {done.credit_note.issued_on, done.invoice.issued_on}
    order.refresh_from_db()
    assert order.billing_street == "2 quai Neuf"
    details = (
        order.events.filter(what=OrderEvent.What.BILLING_CORRECTED).order_by("pk").values_list("detail", flat=True)
    )
    numbers = [done.credit_note.corrects.number, done.credit_note.number, done.invoice.number]
    assert details[0]["changes"]["billing_street"][1] == "2 quai Neuf"
    assert details[1] == {"reason": "Typed wrong", "documents": numbers}


def test_units_given_back_before_are_no_part_of_either_and_those_after_credit_the_new_one(seller):
    order = sold("100.00")
    wrong = invoice_of(order)
    give_back(order, 0)

    done = corrected(order, wrong, rest="240.00", name="Éluard SA")
    give_back(order, 1)

    assert (said_by(done.credit_note).gross, said_by(done.invoice).gross) == (240, 240)
    assert said_by(done.invoice).lines[0].quantity == 2
    last = credit_notes_of(order)[-1]
    assert (last.corrects, said_by(last).gross, said_by(last).buyer.name) == (done.invoice, 120, "Éluard SA")
    assert left_by_line(order) == {0: 120}


def test_a_final_invoice_names_the_deposit_invoice_that_took_the_place_of_a_wrong_one(seller):
    order = in_parts(waiting(), "102.00", "238.00")
    receive(order, "102.00", 1)
    wrong = Document.objects.get(order_id=order.pk)
    done = corrected(order, wrong, rest="102.00", city="Brest")
    assert balances_of_order(order.pk) == {"in_transit": 10200, "deposits": -9000, "vat": -1200}
    assert list(faults_of_books()) == []

    receive(order, "238.00", 2)

    final = Document.objects.get(order_id=order.pk, kind="final")
    assert [each.number for each in said_by(final).earlier] == [done.invoice.number]
    assert (said_by(final).gross, done.invoice.kind) == (340, "deposit")
    assert list(faults_of_books()) == []


def test_what_is_owed_still_is_until_the_same_day(seller):
    due_on = timezone.localdate() + timedelta(days=30)
    order = promised("100.00", due_on=due_on)
    give_back(order, 0)

    done = corrected(order, invoice_of(order), rest="240.00", city="Brest")

    new = said_by(done.invoice)
    assert (new.paid, new.due, new.dues) == (0, 240, (Due(on=due_on, amount=D("240.00")),))
    assert (new.payment.means, new.payment.iban) == ("58", seller.iban)


def test_the_new_documents_keep_the_official_rules(seller):
    order = sold("100.00", "33.33")
    wrong = invoice_of(order)
    give_back(order, 0)
    done = corrected(order, wrong, rest=str(said_by(wrong).gross - 120), city="Brest")
    run_due_jobs()

    xml = {each.number: bytes(each.files.get(form="xml").content) for each in (done.credit_note, done.invoice)}
    # Without days of the service an element that the schema wants is empty.
    known = "PEPPOL-EN16931-R008"
    found = [rule for rules in rules_broken(xml).values() for each in rules.values() for rule in each]
    assert [rule for rule in found if not rule.startswith(known)] == []


@pytest.mark.parametrize(
    ("refusal", "changes"),
    [
        (RestChanged, {"rest": "359.99", "city": "Brest"}),
        (NothingCorrected, {"rest": "360.00"}),
        (CorrectionWithoutReason, {"rest": "360.00", "city": "Brest", "reason": " "}),
        (StillMissing, {"rest": "360.00", "register_number": ""}),
    ],
)
def test_a_refusal_writes_nothing(seller, refusal, changes):
    order = sold("100.00")
    with pytest.raises(refusal):
        corrected(order, invoice_of(order), **changes)

    assert Document.objects.count() == 1
    assert left_by_line(order) == {0: 360}


def test_nothing_is_corrected_twice(seller):
    order = sold("100.00")
    wrong = invoice_of(order)
    corrected(order, wrong, rest="360.00", city="Brest")
    with pytest.raises(NothingToCorrect):
        corrected(order, wrong, rest="360.00", city="Rennes")

    assert Document.objects.count() == 3


class TestPage:
    @pytest.fixture
    def order(self, seller):
        return sold("100.00")

    def url(self, order, document=None):
        document = document or Document.objects.get(order_id=order.pk, kind="invoice", corrects=None)
        return reverse("admin:shop_order_correct_document", args=[order.pk, document.pk])

    def as_shown(self, client, order):
        form = client.get(self.url(order)).context["form"]
        return {name: form[name].value() or "" for name in form.fields}

    def test_corrects_with_a_reason_and_tells_it(self, order):
        client = browser_of(staff(*RIGHTS))
        typed = {**self.as_shown(client, order), "city": "Brest", "reason": "Moved"}

        done = client.post(self.url(order), typed)

        assert done["location"] == order_url(order)
        told = text_of(client.get(order_url(order)))
        for document in Document.objects.filter(order_id=order.pk):
            assert document.number in told

    def test_what_was_credited_meanwhile_is_shown_and_what_was_typed_stays(self, order):
        client = browser_of(staff(*RIGHTS))
        typed = {**self.as_shown(client, order), "city": "Brest", "reason": "Moved"}
        give_back(order, 0)

        answer = client.post(self.url(order), typed)

        assert "credited meanwhile" in answer.content.decode()
        form = answer.context["form"]
        assert (form["city"].value(), form["reason"].value(), D(form["rest"].value())) == ("Brest", "Moved", 240)
        assert client.post(self.url(order), {**typed, "rest": form["rest"].value()}).status_code == 302

    def test_a_faulty_number_is_told_beside_it(self, order):
        client = browser_of(staff(*RIGHTS))
        typed = {**self.as_shown(client, order), "register_number": "123", "reason": "x"}

        assert "register_number" in client.post(self.url(order), typed).context["form"].errors

    def test_needs_a_right_of_its_own(self, order):
        client = browser_of(staff("shop.view_order", "shop.change_order"))

        assert client.get(self.url(order)).status_code == 403
        assert client.post(self.url(order)).status_code == 403

    def test_documents_of_other_orders_and_credit_notes_do_not_exist(self, order):
        client, other = browser_of(staff(*RIGHTS)), sold("10.00")
        give_back(order, 0)

        assert client.get(self.url(order, invoice_of(other))).status_code == 404
        assert client.get(self.url(order, credit_notes_of(order)[0])).status_code == 404

    def test_the_page_of_billing_data_leads_to_it(self, order):
        page = browser_of(staff(*RIGHTS)).get(reverse("admin:shop_order_billing", args=[order.pk])).content.decode()

        assert self.url(order) in page

    def test_a_private_person_is_asked_for_no_numbers(self, seller):
        order = sold("10.00", is_organisation=False, register_number="")
        form = browser_of(staff(*RIGHTS)).get(self.url(order)).context["form"]

        assert set(form.fields) == {"rest", "name", "street", "postal_code", "city", "reason"}


def test_a_siret_is_one(seller):
    order = sold("10.00")
    other = "55210055400013"
    done = corrected(order, invoice_of(order), rest="36.00", register_number=other)

    buyer = said_by(done.invoice).buyer
    assert (buyer.siret, buyer.siren, buyer.electronic_address) == (other, other[:9], other[:9])
    assert said_by(done.credit_note).buyer.siret == SIRET
