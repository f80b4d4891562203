"""Invoices of orders: issued in the settlement's transaction, once, frozen, with what the order sold."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.utils import timezone

from billing.ledger.selectors import balances_of_order
from billing.taxes.deciding import Supply
from documents.invoices.values import Invoice, from_data
from documents.issued.models import Document
from outbox.jobs.models import Job
from shop.orders.giving_back.services import give_units_back
from shop.orders.models import Order
from shop.papers.models import MissingPaper
from shop.papers.services import NothingToInvoice, StillMissing, issue_by_hand
from shop.postings.verifying import faults_of_books
from tests.constraints import broken, run
from tests.factories.accounts import UserFactory
from tests.factories.catalog import EntryFactory, TaxFactory
from tests.factories.shop import deliver, fill_cart, make_cart, pay, place, postal_address
from tests.shop.papers.given import SIRET

pytestmark = pytest.mark.django_db


def sold(*prices: str, tax=None, **details) -> Order:
    """Return an order of a company, of one entry for each price."""
    first, *others = [EntryFactory(tiers={1: price}, tax=tax or TaxFactory()) for price in prices]
    cart = make_cart(first, quantity=2)
    for other in others:
        fill_cart(cart, other)
    return place(cart, **({"register_number": SIRET} | details))


def invoice_of(order: Order) -> Invoice:
    return from_data(Document.objects.get(order_id=order.pk).data)


def test_a_card_payment_issues_the_invoice_paid(seller):
    order = sold("100.00")
    pay(order)

    [document] = Document.objects.all()
    invoice = from_data(document.data)
    assert (document.kind, document.order_id, document.language) == ("invoice", order.pk, "en")
    assert (invoice.gross, invoice.paid, invoice.due, invoice.dues) == (240, 240, 0, ())
    assert (invoice.payment.means, invoice.payment.paid_on) == ("48", document.issued_on)
    assert (invoice.references.order, invoice.buyer.siret) == (order.number, SIRET)
    [line] = invoice.lines
    assert (line.quantity, line.unit_net, line.net) == (2, 100, 200)
    assert [(tax.treatment, tax.rate, tax.net, tax.tax) for tax in invoice.taxes] == [("standard", 20, 200, 40)]
    assert not MissingPaper.objects.exists()


def test_a_notification_told_twice_issues_one(seller):
    order = sold("100.00")
    pay(order)
    pay(order)
    pay(order, event_id="again")

    assert Document.objects.count() == 1


def test_a_job_makes_pdf_and_xml(seller):
    order = sold("100.00", tax=TaxFactory(rate="0.00"))
    pay(order)
    deliver(order)

    files = {file.form: bytes(file.content) for file in Document.objects.get().files.all()}
    assert files["pdf"].startswith(b"%PDF-")
    assert b"VATEX-FR-CGI261-4" in files["xml"]
    assert not Job.objects.filter(kind="make_document_files").exclude(state="done").exists()


def test_codes_that_papers_treat_alike_are_one_tax_and_others_their_own(seller):
    order = sold("0.02", "0.02")
    cart = make_cart(EntryFactory(tiers={1: "10.00"}, tax=TaxFactory()))
    fill_cart(cart, EntryFactory(tiers={1: "10.00"}, tax=TaxFactory(rate="5.50")))
    mixed = place(cart, register_number=SIRET)
    for each in (order, mixed):
        pay(each)

    assert len(invoice_of(order).taxes) == 1
    assert [(tax.rate, tax.net, tax.tax) for tax in invoice_of(mixed).taxes] == [
        (Decimal(20), 10, 2), (Decimal("5.50"), 10, Decimal("0.55")),
    ]  # fmt: skip


def test_a_zero_total_has_none(seller):
    place(make_cart(EntryFactory(tiers={1: "0.00"})), user=UserFactory())

    assert not Document.objects.exists()
    assert not MissingPaper.objects.exists()


def test_an_organisation_overseas_has_its_siret_on_the_invoice_and_one_abroad_has_none(seller):
    overseas = sold("10.00", address=postal_address(country="RE"))
    abroad = sold("10.00", address=postal_address(country="DE"))
    for each in (overseas, abroad):
        pay(each)

    assert [invoice_of(each).buyer.siret for each in (overseas, abroad)] == [SIRET, ""]


def test_a_private_person_reads_no_terms_between_professionals(seller):
    order = sold("10.00", is_organisation=False)
    pay(order)

    invoice = invoice_of(order)
    assert (invoice.buyer_kind, invoice.terms.recovery) == ("consumer", "")


def test_what_is_missing_never_holds_up_money_and_is_noted():
    order = sold("100.00")

    assert pay(order) == "settled"
    missing = MissingPaper.objects.get(order=order)
    assert "seller.legal_line" in missing.faults
    assert not Document.objects.exists()


def test_it_is_issued_by_hand_once_it_is_there(request):
    order, merchant = sold("100.00"), UserFactory(is_staff=True)
    pay(order)
    with pytest.raises(StillMissing):
        issue_by_hand(order_id=order.pk, actor=merchant, now=timezone.now())
    assert MissingPaper.objects.filter(order=order).exists()
    request.getfixturevalue("seller")

    [document] = issue_by_hand(order_id=order.pk, actor=merchant, now=timezone.now())

    assert (document.order_id, document.issued_by) == (order.pk, merchant)
    assert not MissingPaper.objects.exists()
    with pytest.raises(NothingToInvoice):
        issue_by_hand(order_id=order.pk, actor=merchant, now=timezone.now())


def test_an_order_without_a_language_of_ours_is_paid_and_has_its_paper_in_the_shops(seller, settings):
    order = sold("100.00")
    Order.objects.filter(pk=order.pk).update(language="")

    assert pay(order) == "settled"
    assert Document.objects.get().language == settings.LANGUAGE_CODE


def test_units_given_back_before_are_only_invoiced_less(request):
    order, merchant = sold("100.00"), UserFactory(is_staff=True)
    pay(order)
    deliver(order)
    line = order.lines.get()
    give_units_back(order_id=order.pk, units={line.pk: range(1)}, actor=merchant, reason="Asked", now=timezone.now())
    assert not list(faults_of_books())
    request.getfixturevalue("seller")

    [document] = issue_by_hand(order_id=order.pk, actor=merchant, now=timezone.now())

    invoice = from_data(document.data)
    [line] = invoice.lines
    assert (line.quantity, line.unit_net, invoice.gross, invoice.due) == (1, 100, 120, 0)
    assert balances_of_order(order.pk) == {
        "sales": -10000, "vat": -2000, "in_transit": 24000, "refunds_owed": -12000,
    }  # fmt: skip
    assert not list(faults_of_books())


def test_an_order_given_back_wholly_has_nothing_to_invoice(request):
    order, merchant = sold("100.00"), UserFactory(is_staff=True)
    pay(order)
    line = order.lines.get()
    give_units_back(order_id=order.pk, units={line.pk: range(2)}, actor=merchant, reason="Asked", now=timezone.now())
    request.getfixturevalue("seller")

    with pytest.raises(NothingToInvoice):
        issue_by_hand(order_id=order.pk, actor=merchant, now=timezone.now())


def test_an_unpaid_order_has_nothing_to_invoice(seller):
    with pytest.raises(NothingToInvoice):
        issue_by_hand(order_id=sold("100.00").pk, actor=UserFactory(), now=timezone.now())


def test_an_order_lacks_one_invoice():
    order = sold("100.00")
    pay(order)
    with broken("shop_missingpaper_order_id_key"):
        run("INSERT INTO shop_missingpaper (order_id, faults, since) VALUES (%s, '{}', now())", order.pk)


def test_a_consumer_abroad_has_an_invoice_at_the_rate_of_their_country(seller):
    TaxFactory(rate="19.00", country="DE")
    cart = make_cart(EntryFactory(supply=Supply.LIVE, tiers={1: "100.00"}))
    fill_cart(cart, EntryFactory(supply=Supply.ON_SITE, tiers={1: "50.00"}))
    order = place(cart, is_organisation=False, address=postal_address(country="DE"))
    pay(order)

    assert not MissingPaper.objects.exists()
    assert [(tax.rate, tax.country, tax.tax) for tax in invoice_of(order).taxes] == [(19, "DE", 19), (20, "", 10)]
    assert not invoice_of(order).is_french
    deliver(order)
    files = {file.form: bytes(file.content) for file in Document.objects.get(order_id=order.pk).files.all()}
    assert b"RateApplicablePercent>19<" in files["xml"]
    terms = order.lines.order_by("position").first().tax_terms
    assert (terms["rule"], terms["rate_of"], terms["e_invoicing"]) == ("of_country", "DE", "none")
