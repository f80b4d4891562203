"""Lines sold before there were tax codes: a rate above 0 was a standard one; of 0 the merchant says what it meant."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import timezone

from billing.ledger.models import LedgerLine
from documents.invoices.values import from_data
from documents.issued.models import Document
from shop.orders.giving_back.services import give_units_back
from shop.orders.lines.models import OrderLine
from shop.orders.models import Order
from shop.papers.codes import CodeRefused, say_code
from shop.papers.models import MissingPaper
from shop.papers.services import issue_by_hand
from tests.factories.accounts import UserFactory
from tests.factories.catalog import EntryFactory, TaxFactory
from tests.factories.shop import deliver, make_cart, pay, place
from tests.shop.papers.given import SIRET

pytestmark = pytest.mark.django_db


def sold_without_code(rate: str) -> Order:
    order = place(make_cart(EntryFactory(tax=TaxFactory(rate=rate))), register_number=SIRET)
    OrderLine.objects.filter(order=order).update(tax_terms={})
    pay(order)
    return order


def test_a_rate_above_0_is_a_standard_one(seller):
    sold_without_code("20.00")

    assert [tax.treatment for tax in from_data(Document.objects.get().data).taxes] == ["standard"]


def test_of_a_line_at_0_the_merchant_says_the_code_when_the_invoice_is_issued(seller, admin_client):
    order, code = sold_without_code("0.00"), TaxFactory(rate="0.00", name_en="Training, exempt")
    missing = MissingPaper.objects.get(order=order)
    assert missing.faults == ["taxes.treatment"]
    page = reverse("admin:shop_missingpaper_changelist")
    assert "Training, exempt" in admin_client.get(page, headers={"accept-language": "en"}).content.decode()

    posted = {"action": "issue_chosen", "_selected_action": [missing.pk]}
    admin_client.post(page, posted | {"tax": ""})
    assert not Document.objects.exists()
    admin_client.post(page, posted | {"tax": code.pk})

    assert [tax.treatment for tax in from_data(Document.objects.get().data).taxes] == ["training"]
    assert not MissingPaper.objects.exists()


def test_the_books_keep_their_parts(seller):
    order = sold_without_code("0.00")
    deliver(order)
    say_code(orders=[order.pk], tax_id=TaxFactory(rate="0.00").pk)
    issue_by_hand(order_id=order.pk, actor=UserFactory(), now=timezone.now())
    line = order.lines.get()
    give_units_back(order_id=order.pk, units={line.pk: [0]}, actor=UserFactory(), reason="Asked", now=timezone.now())

    assert set(LedgerLine.objects.filter(order_id=order.pk, account="sales").values_list("part", flat=True)) == {"0.00"}


def test_words_once_frozen_and_lines_with_a_rate_are_left_alone(seller):
    exempt = TaxFactory(rate="0.00")
    taxed, sold = sold_without_code("20.00"), place(make_cart(EntryFactory()), register_number=SIRET)
    before = sold.lines.get().tax_terms

    assert say_code(orders=[taxed.pk, sold.pk], tax_id=exempt.pk) == 0
    assert sold.lines.get().tax_terms == before


def test_a_code_with_a_rate_is_refused():
    with pytest.raises(CodeRefused):
        say_code(orders=[], tax_id=TaxFactory().pk)
