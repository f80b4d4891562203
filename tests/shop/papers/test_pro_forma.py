"""Pro-forma invoices: on demand, for who may pay or issues papers, in a series of their own, without any entry."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from billing.ledger.models import LedgerEntry
from documents.invoices.values import from_data
from documents.issued.models import Document
from shop.orders.models import Order
from shop.orders.placed_here import SESSION_KEY
from shop.papers.models import InvoicedLine
from shop.papers.pro_forma import NothingToPay, make_pro_forma
from tests.factories.accounts import MembershipFactory
from tests.factories.catalog import EntryFactory
from tests.factories.shop import deliver, make_cart, pay, place
from tests.shop.admin_pages import order_url
from tests.shop.merchants import browser_of, staff
from tests.shop.papers.given import SIRET
from tests.shop.papers.test_in_parts import in_parts, receive, sold
from tests.shop.steps import english_client

pytestmark = pytest.mark.django_db


def make(order: Order, **when) -> list[Document]:
    return make_pro_forma(order_id=order.pk, actor=None, now=timezone.now() + timedelta(**when))


def test_says_what_is_to_pay_and_moves_no_money(seller):
    order = sold()
    before = LedgerEntry.objects.count()

    [document] = make(order)

    said = from_data(document.data)
    assert (document.kind, document.series.sequence, document.has_xml) == ("proforma", "proforma", False)
    assert (said.gross, said.due, said.payment.iban) == (340, 340, seller.iban)
    assert (InvoicedLine.objects.count(), LedgerEntry.objects.count()) == (0, before)
    deliver(order)
    assert bytes(document.files.get().content).startswith(b"%PDF-")


def test_one_that_says_the_same_is_made_once(seller):
    order = in_parts(sold(), "102.00", "238.00")

    assert make(order) == make(order)
    receive(order, "102.00", 1)
    make(order)
    proformas = Document.objects.filter(kind="proforma").order_by("pk")
    assert [from_data(each.data).due for each in proformas] == [340, 238]


def test_a_paid_order_has_none_and_its_invoice_is_another_paper(seller):
    order = sold()
    make(order)
    pay(order)

    with pytest.raises(NothingToPay):
        make(order)
    assert [each.kind for each in Document.objects.order_by("pk")] == ["proforma", "invoice"]


def test_the_buyer_makes_it_on_the_orders_page(seller):
    owner = MembershipFactory(is_owner=True)
    order = place(make_cart(EntryFactory()), user=owner.user, account=owner.account, register_number=SIRET)
    browser = english_client()
    browser.force_login(owner.user)
    page, url = reverse("order", args=[order.token]), reverse("order-pro-forma", args=[order.token])
    assert url in browser.get(page).content.decode()

    answer = browser.post(url, follow=True).content.decode()

    assert "The pro-forma invoice is made." in answer
    assert Document.objects.get().number in answer
    stranger = english_client()
    stranger.force_login(MembershipFactory(is_owner=True).user)
    assert stranger.post(url).status_code == 404
    pay(order)
    assert url not in browser.get(page).content.decode()


def test_a_browser_that_placed_an_order_claimed_elsewhere_makes_none(seller):
    owner = MembershipFactory(is_owner=True)
    order = place(make_cart(EntryFactory()), user=owner.user, account=owner.account, register_number=SIRET)
    browser = english_client()
    session = browser.session
    session[SESSION_KEY] = [order.pk]
    session.save()
    url = reverse("order-pro-forma", args=[order.token])

    page = browser.get(reverse("order", args=[order.token]))

    assert (page.status_code, url in page.content.decode()) == (200, False)
    assert browser.post(url).status_code == 404
    assert not Document.objects.exists()


def test_what_is_missing_is_told_and_nothing_is_made():
    order = sold()
    answer = english_client().post(reverse("order-pro-forma", args=[order.token]), follow=True)
    assert not Document.objects.exists()
    assert answer.status_code in (200, 404)

    merchant = browser_of(staff("shop.view_order", "shop.issue_papers"))
    page = merchant.post(order_url(order, "pro_forma"), follow=True).content.decode()
    assert "something that it must say is missing" in page


def test_a_merchant_makes_it_with_the_right_to_issue_papers(seller):
    order = sold()
    assert browser_of(staff("shop.view_order")).post(order_url(order, "pro_forma")).status_code == 403

    browser_of(staff("shop.view_order", "shop.issue_papers")).post(order_url(order, "pro_forma"))

    assert Document.objects.get().issued_by is not None
