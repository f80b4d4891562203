"""Invoices of public mandates after the service, for accounts that want it so: by the last day, or by hand."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.members.models import CustomerAccount
from billing.ledger.selectors import balances_of_order
from common.moments import local_day
from documents.issued.models import Document
from shop.orders.giving_back.services import give_units_back
from shop.orders.history.models import OrderEvent
from shop.orders.models import Order
from shop.papers import after_service
from shop.papers.after_service import issue_after_service
from shop.papers.models import MissingPaper
from shop.papers.services import issue_by_hand
from shop.papers.tasks import issue_invoices_after_service
from shop.payments.on_account.services import terms_shown
from shop.payments.requests.promises import accept_promise
from shop.postings.verifying import faults_of_books
from shop.seller.models import ShopIdentity
from tests.factories.accounts import MembershipFactory
from tests.factories.catalog import EntryFactory, TaxFactory
from tests.factories.enrolments import CourseFactory
from tests.factories.shop import deliver, make_cart, place
from tests.shop.admin_pages import order_url, text_of
from tests.shop.merchants import browser_of, staff
from tests.shop.papers.given import SIRET

pytestmark = pytest.mark.django_db

RIGHTS = ("shop.view_order", "shop.issue_papers")


def mandated(*, after_service: bool = True, days: int | None = 3, kind: str = "public_mandate") -> Order:
    """Return an order of a public body for a session whose course ends in so many days, promised by its mandate."""
    last = None if days is None else local_day(timezone.now()) + timedelta(days=days)
    course = CourseFactory(last_day=last)
    entry = EntryFactory(
        handler="std_setuponecoursesession", parameters={"coursename": course.short_name}, tiers={1: "100.00"},
        tax=TaxFactory(),
    )  # fmt: skip
    member = MembershipFactory(is_owner=True)
    CustomerAccount.objects.filter(pk=member.account_id).update(invoices_after_service=after_service)
    order = place(
        make_cart(entry, user=member.user), user=member.user, account=member.account, is_public_body=True,
        register_number=SIRET, commitment_number="EJ-1", service_code="FORM",
    )  # fmt: skip
    accept_promise(order_id=order.pk, kind=kind, reference="EJ-1", due_on=None, actor=staff(), now=timezone.now())
    return deliver(order)


def in_days(days: int):
    return timezone.now() + timedelta(days=days)


def test_waits_until_the_day_after_the_last_day(seller):
    order = mandated()
    assert order.paid_at is not None
    assert MissingPaper.objects.get(order=order).faults == ["after_service"]
    assert balances_of_order(order.pk) == {"receivable": 12000, "to_be_invoiced": -12000}
    assert not list(faults_of_books())

    assert issue_after_service(now=in_days(3)) == 0
    assert issue_after_service(now=in_days(4)) == 1
    assert issue_after_service(now=in_days(4)) == 0

    document = Document.objects.get()
    assert (document.kind, document.issued_on) == ("invoice", local_day(in_days(4)))
    assert balances_of_order(order.pk) == {"receivable": 12000, "sales": -10000, "vat": -2000}
    assert not MissingPaper.objects.exists()
    assert not list(faults_of_books())


@pytest.mark.parametrize("how", [{"after_service": False}, {"kind": "on_account"}])
def test_others_are_invoiced_at_the_settlement(seller, how):
    mandated(**how)

    assert Document.objects.get().kind == "invoice"


def test_without_a_last_day_the_merchant_says_when(seller):
    order = mandated(days=None)
    assert issue_after_service(now=in_days(400)) == 0

    [document] = issue_by_hand(order_id=order.pk, actor=staff(), now=timezone.now())

    assert document.kind == "invoice"


class TestOrderPage:
    """The merchant says on the page of the order that the service is rendered."""

    @pytest.fixture
    def order(self, seller) -> Order:
        return mandated(days=None)

    def press(self, browser: Client, order: Order, made_from: str = "after_service") -> str:
        return text_of(browser.post(order_url(order, "missing_papers"), {"made_from": made_from}, follow=True))

    def test_a_button_issues_the_invoice_and_the_history_tells_who_said_so(self, order):
        merchant = staff(*RIGHTS)
        browser = browser_of(merchant)
        page = browser.get(order_url(order))
        assert "The service is rendered: issue the invoice" in text_of(page)
        assert 'name="made_from" value="after_service"' in page.content.decode()

        answer = self.press(browser, order)

        document = Document.objects.get()
        assert (document.kind, document.issued_by) == ("invoice", merchant)
        assert f"Issued: {document.number}." in answer
        event = order.events.get(what=OrderEvent.What.SERVICE_RENDERED)
        assert event.actor == merchant
        assert "service rendered, invoice issued" in answer
        assert not list(faults_of_books())

    def test_pressed_again_or_from_an_old_page_it_changes_nothing(self, order):
        browser = browser_of(staff(*RIGHTS))
        assert "has changed since the page was shown" in self.press(browser, order, made_from="seller.siren")
        assert not Document.objects.exists()

        self.press(browser, order)

        assert "has changed since the page was shown" in self.press(browser, order)
        assert Document.objects.count() == 1

    def test_what_still_lacks_is_said_and_nothing_is_lost(self, order):
        ShopIdentity.objects.update(siret="")

        answer = self.press(browser_of(staff(*RIGHTS)), order)

        assert "something that it must say is missing. SIRET of the seller" in answer
        assert MissingPaper.objects.get(order=order).faults == ["after_service"]
        assert not order.events.filter(what=OrderEvent.What.SERVICE_RENDERED).exists()

    def test_any_other_lack_is_named_with_a_button(self, order):
        MissingPaper.objects.update(faults=["buyer.city"])
        browser = browser_of(staff(*RIGHTS))
        page = text_of(browser.get(order_url(order)))
        assert "since something is missing: city of the buyer." in page
        assert "The service is rendered" not in page

        assert "Issued:" in self.press(browser, order, made_from="buyer.city")
        assert not order.events.filter(what=OrderEvent.What.SERVICE_RENDERED).exists()

    def test_needs_the_right_to_issue_papers(self, order):
        browser = browser_of(staff("shop.view_order"))
        assert "The service is rendered" not in text_of(browser.get(order_url(order)))
        assert browser.post(order_url(order, "missing_papers"), {"made_from": "after_service"}).status_code == 403
        assert browser_of(staff(*RIGHTS)).get(order_url(order, "missing_papers")).status_code == 405

    def test_says_it_in_french(self, order):
        page = text_of(browser_of(staff(*RIGHTS), "fr").get(order_url(order)))
        assert "La prestation est réalisée : émettre la facture" in page

    def test_an_order_that_lacks_nothing_has_no_button(self, order):
        browser = browser_of(staff(*RIGHTS))
        self.press(browser, order)
        assert "missing-papers" not in browser.get(order_url(order)).content.decode()


def test_the_job_tells_of_no_one_who_said_it(seller):
    order = mandated()
    issue_after_service(now=in_days(4))
    assert not order.events.filter(what=OrderEvent.What.SERVICE_RENDERED).exists()


def test_orders_that_still_wait_keep_no_other_from_its_turn(seller, monkeypatch):
    monkeypatch.setattr(after_service, "ORDERS_A_RUN", 1)
    mandated(days=None)
    mandated(days=30)
    order = mandated()

    assert issue_after_service(now=in_days(4)) == 1
    assert Document.objects.get().order_id == order.pk


def test_what_it_lacks_is_told_once_the_service_is_over():
    order = mandated()
    assert issue_after_service(now=in_days(4)) == 1
    assert "seller.legal_line" in MissingPaper.objects.get(order=order).faults


def test_what_was_given_back_meanwhile_is_not_invoiced(seller):
    order = mandated()
    line = order.lines.get()
    give_units_back(order_id=order.pk, units={line.pk: [0]}, actor=staff(), reason="Ill", now=timezone.now())

    issue_after_service(now=in_days(4))

    assert not Document.objects.exists()
    assert not MissingPaper.objects.exists()
    assert not list(faults_of_books())


def test_a_merchant_sets_it_with_the_terms(seller):
    account = MembershipFactory(is_owner=True).account
    browser = browser_of(staff("shop.set_terms", "accounts.view_customeraccount"))
    typed = {"limit": "", "days": "30", "seen": terms_shown(account), "after_service": "yes"}

    browser.post(reverse("admin:shop_account_terms", args=[account.pk]), typed)

    account.refresh_from_db()
    assert (account.invoices_after_service, account.wants_payment_reminders) == (True, True)


def test_the_task_issues_what_is_due(seller):
    mandated()
    assert issue_invoices_after_service() == 0
