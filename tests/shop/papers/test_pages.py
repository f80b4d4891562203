"""Papers on customers' pages: for who may pay, never for operators or other accounts."""

from __future__ import annotations

import pytest
from django.urls import reverse

from documents.issued.models import Document
from shop.orders.models import Order
from tests.factories.accounts import MembershipFactory
from tests.factories.catalog import EntryFactory
from tests.factories.shop import deliver, make_cart, pay, place
from tests.shop.papers.given import SIRET
from tests.shop.steps import english_client

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner():
    return MembershipFactory(is_owner=True)


@pytest.fixture
def order(seller, owner) -> Order:
    order = place(make_cart(EntryFactory()), user=owner.user, account=owner.account, register_number=SIRET)
    pay(order)
    return deliver(order)


def browser_of(member):
    client = english_client()
    client.force_login(member.user)
    return client


def file_url(order, form="pdf"):
    return reverse("order-paper", args=[order.token, Document.objects.get().pk, form])


def test_the_order_shows_its_invoice_with_both_files(owner, order):
    browser = browser_of(owner)
    page = browser.get(reverse("order", args=[order.token])).content.decode()

    assert Document.objects.get().number in page
    for form, kind in (("pdf", "application/pdf"), ("xml", "application/xml")):
        answer = browser.get(file_url(order, form))
        assert (answer.status_code, answer["Content-Type"]) == (200, kind)


def test_the_accountant_lists_and_opens_them(owner, order):
    accountant = MembershipFactory(account=owner.account, is_owner=False, is_accountant=True)
    page = browser_of(accountant).get(reverse("account-documents", args=[owner.account.pk]))

    assert Document.objects.get().number in page.content.decode()
    assert browser_of(accountant).get(file_url(order)).status_code == 200


def test_operators_see_none(owner, order):
    operator = browser_of(MembershipFactory(account=owner.account, is_owner=False, is_operator=True))

    assert operator.get(file_url(order)).status_code == 404
    assert operator.get(reverse("account-documents", args=[owner.account.pk])).status_code == 404


def test_those_of_another_account_do_not_exist(owner, order):
    stranger = MembershipFactory(is_owner=True)
    browser = browser_of(stranger)

    assert browser.get(file_url(order)).status_code == 404
    assert browser.get(reverse("account-documents", args=[owner.account.pk])).status_code == 404
    theirs = place(make_cart(EntryFactory()), user=stranger.user, account=stranger.account)
    assert browser.get(reverse("order-paper", args=[theirs.token, Document.objects.get().pk, "pdf"])).status_code == 404


def test_a_file_that_is_not_made_yet_says_so(owner, seller):
    order = place(make_cart(EntryFactory()), user=owner.user, account=owner.account, register_number=SIRET)
    pay(order)

    page = browser_of(owner).get(file_url(order), follow=True).content.decode()
    assert "This file is being made." in page


def test_the_list_costs_the_same_for_many(owner, order, django_assert_num_queries, django_assert_max_num_queries):
    browser, url = browser_of(owner), reverse("account-documents", args=[owner.account.pk])
    browser.get(url)
    with django_assert_max_num_queries(20) as few:
        browser.get(url)
    for _each in range(4):
        pay(place(make_cart(EntryFactory()), user=owner.user, account=owner.account, register_number=SIRET))
    with django_assert_num_queries(len(few)):
        browser.get(url)
