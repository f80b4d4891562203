"""At the same moment, and killed between: parts of one order are received, or its settlement is told twice.

Each amount is invoiced once, and no more than the order. The control shows what the order's lock is for.
"""

import os
import signal
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from common.moments import local_day
from documents.issued.models import Document
from shop.orders.models import Order
from shop.papers import issuing
from shop.papers import services as papers
from shop.papers.models import InvoicedLine
from shop.payments import services as payments
from shop.payments.models import Payment, Settlement
from shop.payments.requests.planning import Part, plan_payments
from shop.postings.verifying import faults_of_books
from tests.factories.accounts import UserFactory
from tests.factories.catalog import EntryFactory, TaxFactory
from tests.factories.shop import make_cart, pay, place
from tests.forked import status_of_fork
from tests.rivals.processes import race, values_among
from tests.shop.papers.given import SIRET, complete_seller

# Each has read what is invoiced, and is about to issue.
ABOUT_TO_ISSUE = [(papers, "issue_planned")]
PARTS = ("40.00", "80.00", "120.00")


@pytest.fixture
def order() -> Order:
    """An order of 240.00 that asks for three parts."""
    complete_seller()
    cart = make_cart(EntryFactory(tiers={1: "100.00"}, tax=TaxFactory()), quantity=2)
    order = place(cart, email="alice@example.org", register_number=SIRET)
    days = [local_day(timezone.now()) + timedelta(days=number) for number in range(3)]
    parts = [Part(Decimal(amount), day) for amount, day in zip(PARTS, days, strict=True)]
    plan_payments(order_id=order.pk, parts=parts, actor=UserFactory(is_staff=True), now=timezone.now())
    return order


def receiving(order: Order, amount: str, number: int):
    return lambda: pay(order, amount=Decimal(amount), reference=f"part-{number}", event_id=f"{order.number}:{number}")


def invoiced() -> Decimal:
    return sum(InvoicedLine.objects.values_list("gross", flat=True), Decimal(0))


def test_two_parts_at_once_have_a_deposit_invoice_each(order):
    answers = race(receiving(order, "40.00", 1), receiving(order, "80.00", 2), before=ABOUT_TO_ISSUE)

    assert values_among(answers) == ["allocated", "allocated"]
    assert [document.kind for document in Document.objects.all()] == ["deposit", "deposit"]
    assert invoiced() == 120
    assert not list(faults_of_books())


def test_the_last_parts_at_once_settle_with_one_final_invoice(order):
    receiving(order, "40.00", 1)()

    answers = race(receiving(order, "80.00", 2), receiving(order, "120.00", 3), before=ABOUT_TO_ISSUE)

    assert sorted(values_among(answers)) == ["allocated", "settled"]
    assert sorted(document.kind for document in Document.objects.all()) == ["deposit", "deposit", "final"]
    assert invoiced() == 240
    assert not list(faults_of_books())


def test_one_part_told_by_two_workers_is_invoiced_once(order):
    race(receiving(order, "40.00", 1), receiving(order, "40.00", 1), before=ABOUT_TO_ISSUE)

    assert [document.kind for document in Document.objects.all()] == ["deposit"]
    assert invoiced() == 40


@pytest.mark.parametrize("place", [(issuing, "insert_rows"), (papers, "issue_planned")])
def test_killed_between_nothing_is_lost_and_nothing_twice(order, place):
    def dying():
        def die(*_given, **_named):
            os.kill(os.getpid(), signal.SIGKILL)

        setattr(*place, die)
        receiving(order, "40.00", 1)()

    assert os.WIFSIGNALED(status_of_fork(dying))
    assert not Document.objects.exists()
    assert not Payment.objects.filter(status="succeeded").exists()

    for number, amount in enumerate(PARTS, 1):
        receiving(order, amount, number)()

    numbers = list(Document.objects.order_by("pk").values_list("series", "position"))
    assert [position for _series, position in numbers] == [1, 2, 3]
    assert (invoiced(), Settlement.objects.count()) == (240, 1)
    assert not list(faults_of_books())


def without_the_lock():
    payments.lock_order_by = lambda **which: Order.objects.filter(**which).first()


def test_control_without_the_lock_a_part_is_left_out(order):
    race(
        receiving(order, "40.00", 1),
        receiving(order, "80.00", 2),
        before=ABOUT_TO_ISSUE,
        without=without_the_lock,
    )

    assert Payment.objects.filter(status="succeeded").count() == 2
    assert invoiced() < 120
