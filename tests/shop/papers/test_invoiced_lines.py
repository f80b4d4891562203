"""Rows of what documents have invoiced of order lines, and what the database refuses of them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from documents.issued.models import Document
from shop.papers.amounts import Amount, to_credit, to_invoice
from shop.papers.models import InvoicedLine
from shop.papers.selectors import invoiced_of
from tests.constraints import broken, run
from tests.factories.catalog import EntryFactory, TaxFactory
from tests.factories.shop import fill_cart, make_cart, pay, place
from tests.shop.papers.given import SIRET

pytestmark = pytest.mark.django_db
D = Decimal


@pytest.fixture
def order(seller):
    cart = make_cart(EntryFactory(tiers={1: "100.00"}, tax=TaxFactory()), quantity=2)
    fill_cart(cart, EntryFactory(tiers={1: "0.00"}))
    order = place(cart, register_number=SIRET)
    pay(order)
    return order


def test_an_invoice_writes_down_each_of_its_lines_once(order):
    pay(order, event_id="again")

    first, free = order.lines.order_by("position")
    rows = InvoicedLine.objects.values_list("document", "line", "net", "tax", "gross")
    document = Document.objects.get()
    assert list(rows) == [(document.pk, first.pk, 200, 40, 240), (document.pk, free.pk, 0, 0, 0)]
    assert invoiced_of(order.pk) == {first.pk: Amount(D(200), D(40)), free.pk: Amount(D(0), D(0))}


def test_what_is_not_paid_is_not_invoiced(seller):
    order = place(make_cart(EntryFactory()), register_number=SIRET)

    assert invoiced_of(order.pk) == {}


@pytest.mark.parametrize(
    ("invoiced", "given_back", "invoice", "credit"),
    [
        ("0", "0", (200, 40), (0, 0)),
        ("0", "60", (150, 30), (0, 0)),
        ("60", "0", (150, 30), (0, 0)),
        ("60", "60", (100, 20), (0, 0)),
        ("240", "60", (0, 0), (50, 10)),
        ("120", "180", (0, 0), (50, 10)),
        ("240", "240", (0, 0), (200, 40)),
    ],
)
def test_what_is_given_back_is_invoiced_less_or_credited(order, invoiced, given_back, invoice, credit):
    line = order.lines.order_by("position").first()
    so_far = Amount(D(invoiced) * 5 / 6, D(invoiced) / 6)

    assert to_invoice(line, invoiced=so_far, given_back=D(given_back)) == Amount(*map(D, invoice))
    assert to_credit(line, invoiced=so_far, given_back=D(given_back)) == Amount(*map(D, credit))


def insert(order, *, net="0", tax="0", gross=None, document=None, line=None):
    line = line or order.lines.order_by("position").first()
    columns = "INSERT INTO shop_invoicedline (document_id, line_id, net, tax, gross) VALUES (%s, %s, %s, %s, %s)"
    amounts = (net, tax, gross or str(D(net) + D(tax)))
    run(columns, document or Document.objects.get().pk, line.pk, *amounts)


def without_rows():
    run("DELETE FROM shop_invoicedline")


def test_the_database_refuses_a_line_twice_in_a_document(order):
    with broken("shop_invoicedline_once"):
        insert(order)


def test_the_database_refuses_sums_that_do_not_agree(order):
    without_rows()
    with broken("shop_invoicedline_gross_is_net_plus_tax"):
        insert(order, net="10", tax="2", gross="13")
    with broken("shop_invoicedline_one_sign"):
        insert(order, net="10", tax="-2")


@pytest.mark.parametrize(("net", "tax"), [("200.01", "0"), ("0", "40.01"), ("-0.01", "0"), ("0", "-0.01")])
def test_the_database_refuses_more_than_was_sold_and_less_than_nothing(order, net, tax):
    without_rows()
    with broken("shop_invoicedline_within_line"):
        insert(order, net=net, tax=tax)


def test_the_database_refuses_a_line_of_another_order(order):
    other = place(make_cart(EntryFactory(tiers={1: "100.00"})), email="other@example.org", register_number=SIRET)
    with broken("shop_invoicedline_within_line"):
        insert(order, line=other.lines.get())


def test_the_database_refuses_a_change(order):
    with broken("shop_invoicedline_frozen"):
        run("UPDATE shop_invoicedline SET net = net - 1, gross = gross - 1 WHERE net > 0")


def test_the_rows_go_with_their_document(order):
    run("SET CONSTRAINTS ALL IMMEDIATE")
    run("ALTER TABLE documents_document DISABLE TRIGGER USER")
    Document.objects.all().delete()

    assert not InvoicedLine.objects.exists()
