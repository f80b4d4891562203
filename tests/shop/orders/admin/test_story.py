"""The page of an order tells the story of its money and papers, in as many queries whatever it has."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone, translation

from accounts.people.models import User
from common.moments import local_day
from documents.issued.models import Document
from shop.orders.admin.page import order_page, order_with_account
from shop.orders.models import Order
from shop.payments.due.models import DueReminder
from shop.payments.requests.givers import Giver
from shop.payments.requests.promises import accept_promise
from tests.factories.accounts import UserFactory
from tests.factories.shop import deliver, make_cart, place
from tests.shop.merchants import browser_of, staff
from tests.shop.papers.credit_notes.given import give_back, sold
from tests.shop.papers.given import complete_seller
from tests.shop.payments.requests.plans import in_parts

pytestmark = pytest.mark.django_db


@pytest.fixture
def viewer() -> User:
    return UserFactory(is_staff=True, is_superuser=True)


def story(order: Order, viewer: User) -> list[list[str]]:
    shown = order_with_account(order.pk)
    assert shown is not None
    with translation.override("en"):
        return [[str(cell) for cell in row] for row in order_page(shown, viewer=viewer).story.rows]


def test_it_tells_everything_in_order(viewer):
    complete_seller()
    order = sold("100.00", quantity=2)
    give_back(order, 0)
    deliver(order)

    told = story(order, viewer)
    assert [row[1] for row in told] == [
        "Order placed", "Payment: Card (test)", "Order confirmed by a payment", "Invoice", "Units given back",
        "Credit note",
    ]  # fmt: skip
    assert [row[2] for row in told] == ["€240.00", "€240.00", "–", "€240.00", "-€120.00", "-€120.00"]
    for number in Document.objects.values_list("number", flat=True):
        [row] = [row for row in told if number in row[3]]
        assert "href" in row[3]


def test_reminders_stand_on_their_day(viewer):
    order = sold("100.00")
    today = local_day(timezone.now())
    DueReminder.objects.create(
        request=order.requests.get(), due_on=today, step=DueReminder.Step.FIRST, sent_on=today + timedelta(days=1)
    )

    assert story(order, viewer)[-1][1] == "Reminder: first reminder"


def test_who_may_not_see_documents_gets_no_link_to_them():
    complete_seller()
    order = sold("100.00")
    number = Document.objects.get().number
    page = browser_of(staff("shop.view_order")).get(reverse("admin:shop_order_change", args=[order.pk]))

    assert number in page.content.decode()
    assert reverse("admin:documents_document_change", args=[Document.objects.get().pk]) not in page.content.decode()


def test_it_costs_the_same_for_many(viewer, django_assert_num_queries, django_assert_max_num_queries):
    complete_seller()
    few, many = sold("100.00"), sold("100.00", quantity=4)
    give_back(few, 0)
    for unit in range(3):
        give_back(many, unit)
    story(few, viewer)
    with django_assert_max_num_queries(60) as counted:
        story(few, viewer)
    with django_assert_num_queries(len(counted)):
        assert sum(Decimal(100) for row in story(many, viewer) if row[1] == "Credit note") == 300


def test_it_tells_of_promises_and_who_gave_them(viewer, probe_entry):
    order = place(make_cart(probe_entry))
    in_parts(order, 70, 50)
    giver = Giver(name="OPCO Test", siret="55210055400013", street="1 rue", postal_code="75019", city="Paris")
    accept_promise(
        order_id=order.pk, kind="opco", reference="4711", due_on=None, positions=[2], giver=giver,
        actor=viewer, now=timezone.now(),
    )  # fmt: skip

    told = {row[1]: (row[2], row[3]) for row in story(order, viewer)}

    assert told["Promise: share of an OPCO"] == ("€70.00", "OPCO Test · 4711")
