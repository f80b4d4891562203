"""The ledger in the administration: read by accounting staff, found by the number of an order."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from billing.ledger.models import LedgerEntry
from tests.factories.catalog import EntryFactory, TaxFactory
from tests.factories.shop import make_cart, pay, place
from tests.shop.admin_pages import text_of
from tests.shop.merchants import browser_of, staff
from tests.shop.papers.given import SIRET, complete_seller

pytestmark = pytest.mark.django_db

LIST = reverse("admin:billing_ledgerentry_changelist")


def paid_order(number: int):
    complete_seller()
    cart = make_cart(EntryFactory(tax=TaxFactory(name_en="Full")))
    order = place(cart, email=f"{number}@example.org", register_number=SIRET)
    pay(order, reference=str(number), event_id=str(number))
    return order


def test_an_entry_shows_its_lines_with_order_and_account():
    order = paid_order(1)
    entry = LedgerEntry.objects.get(kind="invoice")

    page = text_of(
        browser_of(staff("billing.view_ledgerentry")).get(reverse("admin:billing_ledgerentry_change", args=[entry.pk]))
    )

    for told in (
        order.number,
        "Lines",
        "sold, to be invoiced",
        "€120.00",
        "sales Full (20.00 %)",
        "VAT collected Full",
    ):
        assert told in page


def test_entries_are_found_by_the_number_of_their_order():
    first, second = paid_order(1), paid_order(2)
    client = browser_of(staff("billing.view_ledgerentry"))

    page = text_of(client.get(LIST, {"q": first.number}))

    assert first.number in page
    assert second.number not in page
    assert second.number not in text_of(client.get(LIST, {"q": "moon"}))


@pytest.mark.parametrize(("filtered", "count"), [({"account": "vat"}, 1), ({"kind__exact": "money_in"}, 1), ({}, 4)])
def test_entries_are_filtered_by_kind_and_account(filtered, count):
    paid_order(1)

    page = browser_of(staff("billing.view_ledgerentry")).get(LIST, filtered)

    assert page.context["cl"].result_count == count


def test_a_list_of_many_asks_as_often_as_a_list_of_one():
    client, counts = browser_of(staff("billing.view_ledgerentry")), []
    for number in range(2):
        for more in range(1 + 4 * number):
            paid_order(10 * number + more)
        client.get(LIST)
        with CaptureQueriesContext(connection) as asked:
            client.get(LIST)
        counts.append(len(asked))

    assert counts[0] == counts[1]
