"""Documents that the books wait for and nobody has noted come by a job."""

from __future__ import annotations

import pytest
from django.utils import timezone

from billing.ledger.models import Account
from billing.ledger.services import Entry, Kind, Line, post
from shop.orders.giving_back.models import GivingBack
from shop.orders.models import Order
from shop.papers import lacking
from shop.papers.lacking import issue_lacking
from shop.papers.models import MissingPaper
from shop.papers.tasks import issue_invoices_after_service
from shop.postings.tasks import post_missing_facts
from shop.postings.verifying import faults_of_books
from shop.seller.models import ShopIdentity
from tests.shop.papers.credit_notes.given import credit_notes_of, give_back, said_by, sold
from tests.shop.papers.given import complete_seller

pytestmark = pytest.mark.django_db


@pytest.fixture
def order(seller) -> Order:
    """Order of three units, of which a release without ledger and documents gave one back."""
    order = sold("100.00")
    line = order.lines.get()
    GivingBack.objects.create(
        line=line, first_index=0, last_index=0, amount=120, why="refunded", at=timezone.now(), reason="Asked for"
    )
    post_missing_facts()
    return order


def test_units_given_back_by_a_release_without_documents_are_credited(order):
    assert f"Order {order.number} lacks documents of -12000" in " ".join(faults_of_books())

    assert issue_invoices_after_service() == 1
    assert issue_invoices_after_service() == 0

    assert [said_by(note).gross for note in credit_notes_of(order)] == [120]
    assert list(faults_of_books()) == []


def test_orders_of_which_nothing_can_be_issued_keep_no_other_from_its_turn(seller, monkeypatch):
    monkeypatch.setattr(lacking, "ORDERS_A_RUN", 1)
    stuck, order = sold("50.00"), sold("100.00")
    lines = (
        Line(Account.IN_TRANSIT, 100, part="sandbox"),
        Line(Account.TO_BE_INVOICED, -100, customer_id=stuck.account_id, order_id=stuck.pk),
    )
    post([Entry("of a test", Kind.SALE, timezone.now(), "EUR", lines)])
    line = order.lines.get()
    GivingBack.objects.create(
        line=line, first_index=0, last_index=0, amount=120, why="refunded", at=timezone.now(), reason="Asked for"
    )
    post_missing_facts()

    assert issue_lacking(now=timezone.now()) == 1
    assert len(credit_notes_of(order)) == 1


def test_words_that_are_missing_are_noted_once(order):
    ShopIdentity.objects.update(siret="")
    other = sold("10.00")
    MissingPaper.objects.filter(order=other).delete()
    assert issue_lacking(now=timezone.now()) == 1
    assert MissingPaper.objects.get(order=other).faults == ["seller.siren"]
    assert issue_lacking(now=timezone.now()) == 0

    complete_seller()
    assert issue_lacking(now=timezone.now()) == 0


def test_orders_that_lack_nothing_are_left_alone(seller):
    order = sold("100.00")
    give_back(order, 0)

    assert issue_lacking(now=timezone.now()) == 0
    assert len(credit_notes_of(order)) == 1
