"""At the same moment: an order is settled from two sides, or its invoice issued by two hands.

It has one invoice with one number, of which no other is lost.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest
from django.db.models import QuerySet
from django.utils import timezone

from documents.issued.models import Document
from documents.series.models import Series
from outbox.jobs.models import Job
from outbox.mails.models import Mail
from shop.orders.models import Order
from shop.papers import services as papers
from shop.papers.after_service import issue_after_service
from shop.papers.models import InvoicedLine, MissingPaper
from shop.papers.services import issue_by_hand
from shop.payments import services as payments
from shop.payments.models import PaymentEvent
from shop.payments.requests import release
from shop.postings.verifying import faults_of_books
from tests.factories.accounts import UserFactory
from tests.factories.shop import pay
from tests.rivals.processes import deadlocks_among, errors_among, no_row_locks, race, values_among
from tests.shop.papers.credit_notes.given import ordered
from tests.shop.papers.given import complete_seller
from tests.shop.papers.test_after_service import mandated

# Each has seen the order unpaid; its settlement comes next, and then its invoice.
ABOUT_TO_SETTLE = [(release, "insert_row"), (papers, "issue_planned")]
# Each has read what is invoiced; the invoice comes next.
ABOUT_TO_ISSUE = [(papers, "issue_planned")]

SAME_MESSAGE = [{"event_id": "one"}, {"event_id": "one"}]
TWO_MESSAGES = [{"event_id": "one"}, {"event_id": "other"}]
TWO_PAYMENTS = [{"event_id": "one"}, {"event_id": "other", "reference": "pay-2"}]


def assert_one_invoice(order: Order) -> None:
    assert [document.kind for document in Document.objects.all()] == ["invoice"]
    assert Series.objects.get().last == 1
    assert sum(InvoicedLine.objects.values_list("gross", flat=True)) == order.gross
    assert Job.objects.filter(kind="make_document_files").count() == 1
    assert list(faults_of_books()) == []


class TestSettledFromTwoSides:
    def at_once(self, told, **how):
        complete_seller()
        order = ordered("100.00")
        return order, race(*(partial(pay, order, **each) for each in told), before=ABOUT_TO_SETTLE, **how)

    @pytest.mark.parametrize(
        ("told", "outcomes"),
        [
            (SAME_MESSAGE, ["settled", "settled"]),
            (TWO_MESSAGES, ["known", "settled"]),
            (TWO_PAYMENTS, ["second_charge", "settled"]),
        ],
        ids=["one message twice", "two messages", "two payments"],
    )
    def test_there_is_one_invoice(self, told, outcomes):
        order, answers = self.at_once(told)

        assert sorted(values_among(answers)) == outcomes
        assert (errors_among(answers), deadlocks_among(answers)) == ([], 0)
        assert Mail.objects.filter(kind="payment_received").count() == 1
        assert_one_invoice(order)

    def test_control_without_the_orders_lock_only_the_key_of_the_settlement_keeps_the_second_out(self):
        order, answers = self.at_once(TWO_PAYMENTS, without=without_the_orders_lock)

        assert errors_among(answers) == ["IntegrityError"]
        assert {answer.constraint for answer in answers} == {"", "shop_settlement_order_id_key"}
        assert PaymentEvent.objects.count() == 1
        assert_one_invoice(order)


def without_the_orders_lock() -> None:
    payments.lock_order_by = lambda **which: Order.objects.filter(**which).first()


class TestIssuedByTwoHands:
    def at_once(self, **how):
        """Issue by two hands the invoice of an order that was settled while the seller's data lacked something."""
        order = ordered("100.00")
        pay(order)
        assert MissingPaper.objects.get().order == order
        complete_seller()
        issue = partial(issue_by_hand, order_id=order.pk, actor=UserFactory(is_staff=True), now=timezone.now())
        return order, race(*[lambda: [each.number for each in issue()]] * 2, before=ABOUT_TO_ISSUE, **how)

    def test_there_is_one_invoice_and_the_other_hand_is_told(self):
        order, answers = self.at_once()

        assert errors_among(answers) == ["NothingToInvoice"]
        assert not MissingPaper.objects.exists()
        assert_one_invoice(order)

    def test_control_without_the_orders_lock_only_the_series_knows_and_both_think_that_they_issued_it(self):
        order, answers = self.at_once(without=without_row_locks_and_deletion)

        assert [answer.value for answer in answers] == [[Document.objects.get().number]] * 2
        assert_one_invoice(order)


def test_a_worker_and_a_hand_after_the_service_issue_one_invoice():
    complete_seller()
    order, now = mandated(), timezone.now() + timedelta(days=4)
    by_hand = partial(issue_by_hand, order_id=order.pk, actor=UserFactory(is_staff=True), now=now)

    worker, hand = race(
        partial(issue_after_service, now=now), lambda: bool(by_hand()), before=ABOUT_TO_ISSUE, in_turn=True
    )

    assert (worker.value, hand.error) == (1, "NothingToInvoice")
    assert_one_invoice(order)


def without_row_locks_and_deletion() -> None:
    """Take away row locks, and the wait of one hand for the row that the other deletes."""
    no_row_locks()
    QuerySet.delete = lambda self: (0, {})  # type: ignore[method-assign]
