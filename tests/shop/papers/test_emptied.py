"""Documents of an order ten years later: emptied, but for orders at work; sums and books stay whole."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from common.tidying import tidy
from documents.issued.models import Document
from shop.orders.giving_back.services import give_units_back
from shop.orders.lines.models import OrderLine
from shop.orders.models import Order
from shop.papers.models import NO_LONGER_KEPT, MissingPaper
from shop.papers.services import NothingToInvoice, issue_by_hand
from shop.payments.requests.models import PaymentRequest
from shop.postings.verifying import faults_of_books
from tests.factories.accounts import MembershipFactory
from tests.factories.catalog import EntryFactory
from tests.factories.shop import deliver, make_cart, pay, place, units_left
from tests.shop.merchants import browser_of, staff
from tests.shop.papers.given import SIRET
from tests.shop.steps import signed_in

pytestmark = pytest.mark.django_db

LONG_AGO = datetime(2015, 6, 15, 12, tzinfo=UTC)


@pytest.fixture
def owner():
    return MembershipFactory(is_owner=True)


@pytest.fixture
def order(seller, owner) -> Order:
    cart = make_cart(EntryFactory(), quantity=2)
    order = place(cart, user=owner.user, account=owner.account, register_number=SIRET, now=LONG_AGO)
    pay(order, now=LONG_AGO)
    return deliver(order)


def emptied() -> int:
    return tidy("documents", now=timezone.now())


def test_pages_of_the_customer_show_it_no_more(owner, order):
    [document] = Document.objects.all()
    assert document.number in signed_in(owner.user).get(reverse("order", args=[order.token])).content.decode()

    assert emptied() == 1

    client = signed_in(owner.user)
    for page in (reverse("order", args=[order.token]), reverse("account-documents", args=[owner.account.pk])):
        answer = client.get(page)
        assert answer.status_code == 200
        assert document.number not in answer.content.decode()
    assert client.get(reverse("order-paper", args=[order.token, document.pk, "pdf"])).status_code == 404


def test_staff_see_the_number_alone(owner, order):
    emptied()
    document = Document.objects.get()
    browser = browser_of(staff("documents.view_document", "shop.view_order"))

    page = browser.get(reverse("admin:documents_document_change", args=[document.pk])).content.decode()
    assert document.number in page
    assert "no longer kept" in page
    assert (
        f'<a href="{reverse("admin:shop_order_change", args=[order.pk])}" class="amphi-link">{order.number}</a>' in page
    )
    assert browser.get(reverse("admin:documents_document_changelist")).status_code == 200
    answer = browser.get(reverse("admin:documents_document_file", args=[document.pk, "pdf"]), follow=True)
    assert "nothing of a document is kept but its number" in answer.content.decode()


def test_nothing_is_invoiced_twice_and_the_books_stay_whole(owner, order):
    emptied()

    with pytest.raises(NothingToInvoice):
        issue_by_hand(order_id=order.pk, actor=None, now=timezone.now())
    assert not list(faults_of_books())


@pytest.mark.parametrize("state", ["open", "disputed", "paid back"])
def test_those_of_an_order_at_work_stay_whole(owner, order, state):
    match state:
        case "open":
            PaymentRequest.objects.update(state="open")
        case "disputed":
            OrderLine.objects.update(frozen_for=["dispute"])
        case "paid back":
            Order.objects.update(status="paid")

    assert emptied() == 0
    assert Document.objects.get().data["buyer"]


def test_units_given_back_later_are_noted_as_lacking_their_credit_note(owner, order):
    emptied()
    merchant = staff()

    give_units_back(order_id=order.pk, units=units_left(order), reason="late", actor=merchant, now=timezone.now())

    assert Document.objects.count() == 1
    [missing] = MissingPaper.objects.all()
    assert missing.faults == [NO_LONGER_KEPT]
