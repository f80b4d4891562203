"""At the same moment, and killed between: parts of one order are received, or its settlement is told twice.

Each amount is invoiced once, and no more than the order. The control shows what the order's lock is for.
"""

import os
import signal
from datetime import timedelta
from decimal import Decimal
from functools import partial

import pytest
from django.utils import timezone

from billing.ledger.models import Account
from billing.ledger.selectors import balances_of_order
from common.moments import local_day
from documents.issued.models import Document
from shop.orders import ending
from shop.orders.ending import cancel_order, expire_orders
from shop.orders.models import Order
from shop.papers import issuing
from shop.papers import services as papers
from shop.papers.credit_notes import services as credit_notes
from shop.papers.models import InvoicedLine
from shop.payments import services as payments
from shop.payments.models import Payment, Settlement
from shop.payments.requests.planning import Part, plan_payments
from shop.postings.verifying import faults_of_books
from tests.factories.accounts import UserFactory
from tests.factories.catalog import EntryFactory, TaxFactory
from tests.factories.shop import make_cart, pay, place
from tests.forked import status_of_fork
from tests.rivals.processes import Rival, errors_among, no_row_locks, race, values_among
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


class TestTheEndOfAnOrderWithADeposit:
    """Its deposit invoice of 40.00 is credited once, and what comes meanwhile is no deposit any more."""

    def cancelling(self, order, **pauses):
        cancel = partial(cancel_order, order_id=order.pk, actor=None, now=timezone.now())
        return Rival(lambda: cancel(), **pauses)

    def told(self):
        return [document.kind for document in Document.objects.order_by("pk")]

    @pytest.mark.parametrize("first", ["the end", "the part"])
    def test_a_part_that_comes_meanwhile(self, order, first):
        receiving(order, "40.00", 1)()
        end, part = self.cancelling(order, before=[(credit_notes, "_credit_ended")]), receiving(order, "80.00", 2)
        paused = Rival(part, before=ABOUT_TO_ISSUE)

        answers = race(*((end, part) if first == "the end" else (paused, self.cancelling(order))), in_turn=True)

        assert errors_among(answers) == []
        deposits = 1 if first == "the end" else 2
        assert self.told() == ["deposit"] * deposits + ["credit_note"] * deposits
        assert invoiced() == 0
        assert balances_of_order(order.pk) == {Account.IN_TRANSIT: 12000, Account.UNALLOCATED: -12000}
        assert not list(faults_of_books())

    def test_two_who_end_it(self, order):
        receiving(order, "40.00", 1)()
        late = order.expires_at + timedelta(days=60)

        race(
            self.cancelling(order, before=[(credit_notes, "_credit_ended")]),
            lambda: expire_orders(now=late),
            in_turn=True,
        )

        assert self.told() == ["deposit", "credit_note"]
        assert not list(faults_of_books())

    @pytest.mark.parametrize("place", [(credit_notes, "issue"), (credit_notes, "insert_rows"), (ending, "hold_mails")])
    def test_killed_nothing_has_ended(self, order, place):
        receiving(order, "40.00", 1)()

        assert os.WIFSIGNALED(status_of_fork(dying_at(place, self.cancelling(order).work)))

        order.refresh_from_db()
        assert (order.status, self.told(), invoiced()) == ("placed", ["deposit"], 40)
        self.cancelling(order).work()
        assert (self.told(), invoiced()) == (["deposit", "credit_note"], 0)
        assert not list(faults_of_books())

    def test_control_without_the_orders_lock_only_the_compare_and_set_keeps_the_last_part(self, order):
        for amount, number in (("40.00", 1), ("80.00", 2)):
            receiving(order, amount, number)()
        end = self.cancelling(order, before=[(ending, "move_order")])

        ended, paid = race(end, receiving(order, "120.00", 3), in_turn=True, without=no_row_locks)

        assert (ended.error, paid.value) == ("MoveRefused", "settled")
        assert self.told() == ["deposit", "deposit", "final"]


def dying_at(place, work):
    """Return some work that is killed where it comes to a function: a module and its name."""

    def dying():
        setattr(*place, lambda *_given, **_named: os.kill(os.getpid(), signal.SIGKILL))
        work()

    return dying


@pytest.mark.parametrize("place", [(issuing, "insert_rows"), (papers, "issue_planned")])
def test_killed_between_nothing_is_lost_and_nothing_twice(order, place):
    assert os.WIFSIGNALED(status_of_fork(dying_at(place, receiving(order, "40.00", 1))))
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
