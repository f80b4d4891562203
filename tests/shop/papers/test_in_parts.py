"""Papers of orders paid in parts: deposit invoices, final invoices, due dates, receipts; and the books."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from billing.ledger.selectors import balances_of_order
from common.moments import local_day
from documents.invoices.values import Invoice, from_data
from documents.issued.models import Document
from shop.orders.models import Order
from shop.papers.models import InvoicedLine, MissingPaper
from shop.papers.selectors import invoiced_of
from shop.papers.services import NothingToInvoice, issue_by_hand
from shop.payments.requests.planning import Part, plan_payments
from shop.payments.requests.promises import accept_promise
from shop.postings.verifying import faults_of_books
from tests.factories.accounts import UserFactory
from tests.factories.catalog import EntryFactory, TaxFactory
from tests.factories.shop import deliver, fill_cart, make_cart, pay, place
from tests.shop.merchants import browser_of, staff
from tests.shop.papers.given import SIRET, complete_seller

pytestmark = pytest.mark.django_db
D = Decimal


def sold(**details) -> Order:
    """Return an order of 240.00 at 20 % and 100.00 of exempt training."""
    cart = make_cart(EntryFactory(tiers={1: "100.00"}, tax=TaxFactory()), quantity=2)
    fill_cart(cart, EntryFactory(tiers={1: "100.00"}, tax=TaxFactory(rate="0.00")))
    return place(cart, **({"register_number": SIRET} | details))


def in_parts(order: Order, *amounts: str, days: int = 30) -> Order:
    due = [None, *(local_day(timezone.now()) + timedelta(days=days * number) for number in range(1, len(amounts)))]
    parts = [Part(D(amount), day) for amount, day in zip(amounts, due, strict=True)]
    plan_payments(order_id=order.pk, parts=parts, actor=staff(), now=timezone.now())
    return order


def receive(order: Order, amount: str, number: int) -> str:
    return pay(order, amount=D(amount), reference=f"part-{number}", event_id=f"{order.number}:{number}")


def papers(order: Order) -> list[tuple[Document, Invoice]]:
    return [(each, from_data(each.data)) for each in Document.objects.filter(order_id=order.pk).order_by("pk")]


def test_a_part_before_the_settlement_is_a_deposit_and_the_rest_a_final_invoice(seller):
    order = in_parts(sold(), "102.00", "238.00")

    assert receive(order, "102.00", 1) == "allocated"
    [(deposit, said)] = papers(order)
    assert (deposit.kind, said.gross, said.paid, said.tax, said.payment.paid_on) == (
        "deposit", 102, 102, 12, deposit.issued_on,
    )  # fmt: skip
    assert [(line.quantity, line.net) for line in said.lines] == [(1, 60), (1, 30)]
    assert "of €240.00" in said.lines[0].description
    assert balances_of_order(order.pk) == {"in_transit": 10200, "deposits": -9000, "vat": -1200}

    assert receive(order, "238.00", 2) == "settled"
    _deposit, (final, said) = papers(order)
    assert (final.kind, said.gross, said.paid, said.due) == ("final", 340, 340, 0)
    assert [(each.number, each.issued_on) for each in said.earlier] == [(deposit.number, deposit.issued_on)]
    assert [(tax.rate, tax.net, tax.tax) for tax in said.earlier[0].taxes] == [(20, 60, 12), (0, 30, 0)]
    assert [(line.quantity, line.net) for line in said.lines] == [(2, 200), (1, 100)]
    rows = InvoicedLine.objects.filter(document=final).values_list("net", "tax")
    assert list(rows) == [(140, 28), (70, 0)]
    assert {amount.gross for amount in invoiced_of(order.pk).values()} == {240, 100}
    assert balances_of_order(order.pk) == {"in_transit": 34000, "sales": -30000, "vat": -4000}
    assert not list(faults_of_books())


def test_each_message_told_twice_makes_one_paper(seller):
    order = in_parts(sold(), "102.00", "238.00")
    for number, amount in ((1, "102.00"), (2, "238.00")):
        receive(order, amount, number)
        receive(order, amount, number)

    assert [document.kind for document, _said in papers(order)] == ["deposit", "final"]


def test_their_files_are_made_with_the_deposit_named(seller):
    order = in_parts(sold(), "102.00", "238.00")
    for number, amount in ((1, "102.00"), (2, "238.00")):
        receive(order, amount, number)
    deliver(order)

    (deposit, _said), (final, _said) = papers(order)
    files = {file.form: bytes(file.content) for file in final.files.all()}
    assert deposit.number.encode() in files["xml"]
    assert b">S4<" in files["xml"]
    assert b"TypeCode>386<" in bytes(deposit.files.get(form="xml").content)


def test_a_promise_is_invoiced_whole_with_its_due_date_and_its_money_gets_a_receipt(seller):
    order, due = sold(), local_day(timezone.now()) + timedelta(days=30)
    accept_promise(order_id=order.pk, kind="on_account", reference="", due_on=due, actor=staff(), now=timezone.now())
    [(invoice, said)] = papers(order)
    assert (invoice.kind, said.due, [(each.on, each.amount) for each in said.dues]) == ("invoice", 340, [(due, 340)])
    assert balances_of_order(order.pk) == {"receivable": 34000, "sales": -30000, "vat": -4000}

    assert receive(order, "340.00", 1) == "allocated"
    _invoice, (receipt, said) = papers(order)
    assert (receipt.kind, receipt.has_xml, said.gross, said.due) == ("receipt", False, 340, 0)
    assert InvoicedLine.objects.filter(document=receipt).count() == 0
    assert not list(faults_of_books())
    deliver(order)
    assert [file.form for file in receipt.files.all()] == ["pdf"]


def test_settled_by_a_first_part_is_invoiced_whole_and_later_parts_get_receipts(seller):
    order = sold()
    Order.objects.filter(pk=order.pk).update(release_rule="first")
    in_parts(order, "102.00", "119.00", "119.00")

    assert receive(order, "102.00", 1) == "settled"
    [(invoice, said)] = papers(order)
    assert (invoice.kind, said.gross, said.paid, len(said.dues)) == ("invoice", 340, 102, 2)
    for number in (2, 3):
        pay(order, amount=D("119.00"), reference=f"part-{number}", event_id=f"{order.number}:{number}")
    assert [document.kind for document, _said in papers(order)] == ["invoice", "receipt", "receipt"]
    assert not list(faults_of_books())


def test_words_missing_at_a_deposit_come_with_the_next_paper():
    order = in_parts(sold(), "102.00", "100.00", "138.00")
    receive(order, "102.00", 1)
    assert MissingPaper.objects.get().order == order
    complete_seller()

    receive(order, "100.00", 2)

    [(deposit, said)] = papers(order)
    assert (deposit.kind, said.gross) == ("deposit", 202)
    assert not MissingPaper.objects.exists()
    assert not list(faults_of_books())


def test_a_missing_deposit_invoice_is_issued_by_hand_and_leaves_the_list():
    order = in_parts(sold(), "102.00", "238.00")
    receive(order, "102.00", 1)
    complete_seller()

    [deposit] = issue_by_hand(order_id=order.pk, actor=UserFactory(is_staff=True), now=timezone.now())

    assert (deposit.kind, from_data(deposit.data).gross) == ("deposit", 102)
    assert not MissingPaper.objects.exists()
    assert balances_of_order(order.pk) == {"in_transit": 10200, "deposits": -9000, "vat": -1200}


def test_a_note_of_an_order_that_lacks_nothing_any_more_goes_by_hand():
    order = in_parts(sold(), "102.00", "238.00")
    receive(order, "102.00", 1)
    pay(order, kind="dispute_lost", amount=D("102.00"), reference="part-1", event_id="lost")
    assert MissingPaper.objects.filter(order=order).exists()

    client = browser_of(staff("shop.view_missingpaper", "shop.issue_papers"))
    told = {"action": "issue_chosen", "_selected_action": [MissingPaper.objects.get().pk]}
    answer = client.post("/admin/shop/missingpaper/", told, follow=True)

    assert "1 order lacked nothing any more." in answer.content.decode()
    assert not MissingPaper.objects.exists()
    with pytest.raises(NothingToInvoice):
        issue_by_hand(order_id=order.pk, actor=UserFactory(is_staff=True), now=timezone.now())


def test_a_final_invoice_that_lacked_words_comes_by_hand_with_its_deposit(seller):
    order = in_parts(sold(), "102.00", "238.00")
    receive(order, "102.00", 1)
    type(seller).objects.update(siret="")
    receive(order, "238.00", 2)
    assert balances_of_order(order.pk) == {
        "in_transit": 34000, "sales": -9000, "vat": -1200, "to_be_invoiced": -23800,
    }  # fmt: skip
    assert not list(faults_of_books())
    complete_seller()

    [final] = issue_by_hand(order_id=order.pk, actor=UserFactory(is_staff=True), now=timezone.now())

    assert (final.kind, from_data(final.data).paid) == ("final", 340)
    assert balances_of_order(order.pk) == {"in_transit": 34000, "sales": -30000, "vat": -4000}
    assert not list(faults_of_books())


def test_lines_outside_the_scope_of_vat_have_papers_of_their_own(seller):
    order = in_parts(sold(), "102.00", "238.00")
    line = order.lines.order_by("position").last()
    line.tax_terms = {**line.tax_terms, "treatment": "outside"}
    line.save()

    for number, amount in ((1, "102.00"), (2, "238.00")):
        receive(order, amount, number)

    told = [(document.kind, said.gross, [tax.treatment for tax in said.taxes]) for document, said in papers(order)]
    assert told == [
        ("deposit", 72, ["standard"]), ("deposit", 30, ["outside"]),
        ("final", 240, ["standard"]), ("final", 100, ["outside"]),
    ]  # fmt: skip
    assert not list(faults_of_books())
