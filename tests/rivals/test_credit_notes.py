"""At the same moment, and killed between: units are given back, and an invoice is corrected.

Each giving back has one credit note, none says more than its invoice, and no number is left out. The controls show what
the order's lock is for.
"""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from decimal import Decimal
from functools import partial

import pytest
from django.db import transaction
from django.utils import timezone

from documents.issued.models import Document
from documents.series.models import Series
from outbox.jobs.models import Job
from shop.orders import contexts
from shop.orders.giving_back import services as giving_back
from shop.orders.giving_back.models import GivingBack
from shop.orders.models import Order
from shop.papers.credit_notes import correcting
from shop.papers.credit_notes import services as credit_notes
from shop.papers.credit_notes.correcting import correct_document
from shop.papers.credit_notes.details import BillingDetails
from shop.postings.verifying import faults_of_books
from tests.factories.accounts import UserFactory
from tests.factories.shop import pay
from tests.forked import status_of_fork
from tests.rivals.processes import Rival, deadlocks_among, errors_among, race
from tests.shop.papers.credit_notes.given import (
    credit_notes_of,
    give_back,
    invoice_of,
    left_by_line,
    ordered,
    said_by,
    sold,
)
from tests.shop.papers.given import complete_seller

# What the invoices leave was read; what was given back comes next.
READ_WHAT_IS_LEFT = [(credit_notes, "rests_of")]
# What the invoice leaves was read; its credit note comes next.
ABOUT_TO_CREDIT = [(correcting, "credit")]


@pytest.fixture(autouse=True)
def _seller() -> None:
    complete_seller()


def giving(order: Order, *places: int, **pauses):
    give = partial(give_back, order, *places, actor=UserFactory(is_staff=True))
    return Rival(lambda: give().worth, **pauses)


def correcting_it(order: Order, *, city: str = "Brest", **pauses):
    """Return a rival that corrects an order's invoice, whole as its page shows it, and answers the new number."""
    wrong = invoice_of(order)
    correct = partial(
        correct_document,
        order_id=order.pk,
        document_id=wrong.pk,
        details=replace(BillingDetails.of(said_by(wrong)), city=city),
        rest=said_by(wrong).gross,
        reason="Typed wrong",
        actor=UserFactory(is_staff=True),
        now=timezone.now(),
    )
    return Rival(lambda: correct().invoice.number, **pauses)


def without_the_orders_lock() -> None:
    def read(order_id: int) -> Order:
        return Order.objects.get(pk=order_id)

    contexts.lock_order = correcting.lock_order = read


def credited(order: Order) -> list[Decimal]:
    return [said_by(note).gross for note in credit_notes_of(order)]


def positions(sequence: str) -> list[int]:
    """Return the numbers of a series in their order, and compare the last of them with its count."""
    series = Series.objects.get(sequence=sequence)
    found = list(Document.objects.filter(series=series).order_by("position").values_list("position", flat=True))
    assert series.last == len(found)
    return found


def assert_all_agrees(order: Order) -> None:
    """Assert that the invoices of an order of three units for 120.00 each leave what was not given back."""
    given = sum(GivingBack.objects.filter(line__order=order).values_list("amount", flat=True), Decimal(0))
    assert left_by_line(order) == {0: 360 - given}
    assert list(faults_of_books()) == []


class TestTwoGivingBack:
    def at_once(self, **how):
        order = sold("100.00")
        return order, race(giving(order, 0, after=READ_WHAT_IS_LEFT), giving(order, 1), in_turn=True, **how)

    def test_each_has_a_credit_note_of_its_own_unit(self, trial):
        rounds = trial.size(1, 10)
        for _round in range(rounds):
            order, answers = self.at_once()
            assert (errors_among(answers), deadlocks_among(answers)) == ([], 0)
            assert credited(order) == [120, 120]
            assert_all_agrees(order)
        assert positions("credit_note") == list(range(1, 2 * rounds + 1))
        trial.note("units given back by two at once, a credit note each", 2 * rounds)

    def test_the_same_unit_is_credited_once(self):
        order = sold("100.00")

        answers = race(giving(order, 0, after=READ_WHAT_IS_LEFT), giving(order, 0), in_turn=True)

        assert errors_among(answers) == ["GivingBackRefused"]
        assert credited(order) == [120]
        assert_all_agrees(order)

    def test_control_without_the_orders_lock_one_would_credit_both_and_the_database_refuses_it(self):
        order, answers = self.at_once(without=without_the_orders_lock)

        assert errors_among(answers) == ["IntegrityError"]
        assert answers[0].constraint == "shop_invoicedline_once"
        assert_all_agrees(order)


class TestGivingBackAgainstCorrecting:
    def test_what_is_given_back_during_a_correction_is_credited_on_the_new_invoice(self):
        order = sold("100.00")

        corrected, given = race(correcting_it(order, before=ABOUT_TO_CREDIT), giving(order, 0), in_turn=True)

        assert (corrected.error, given.error, given.kept_away) == ("", "", True)
        whole, unit = credit_notes_of(order)
        assert (said_by(whole).gross, said_by(unit).gross) == (360, 120)
        assert unit.corrects.number == corrected.value
        assert said_by(unit).buyer.city == "Brest"
        assert_all_agrees(order)

    def test_a_correction_of_what_is_just_given_back_is_refused(self):
        order = sold("100.00")

        given, corrected = race(giving(order, 0, after=READ_WHAT_IS_LEFT), correcting_it(order), in_turn=True)

        assert (given.error, corrected.error) == ("", "RestChanged")
        assert credited(order) == [120]
        assert_all_agrees(order)

    def test_control_without_the_orders_lock_only_the_database_refuses_to_credit_more_than_the_invoice(self):
        order = sold("100.00")

        corrected, given = race(
            correcting_it(order, before=ABOUT_TO_CREDIT),
            giving(order, 0),
            in_turn=True,
            without=without_the_orders_lock,
        )

        assert (given.error, corrected.error) == ("", "IntegrityError")
        assert corrected.constraint == "shop_invoicedline_credit_within_invoice"


class TestTwoCorrections:
    def at_once(self, **how):
        order = sold("100.00")
        corrections = [correcting_it(order, city=city, before=ABOUT_TO_CREDIT) for city in ("Brest", "Rennes")]
        return order, race(*corrections, in_turn=True, **how)

    def test_one_takes_the_place_of_the_wrong_one(self):
        order, answers = self.at_once()

        assert errors_among(answers) == ["NothingToCorrect"]
        assert credited(order) == [360]
        assert (positions("invoice"), positions("credit_note")) == ([1, 2], [1])
        assert_all_agrees(order)

    def test_control_without_the_orders_lock_one_gets_an_error_of_the_database(self):
        order, answers = self.at_once(without=without_the_orders_lock)

        assert errors_among(answers) == ["IntegrityError"]
        assert credited(order) == [360]


def killed(work, *, at) -> None:
    """Do some work in a process that is killed where it comes to a function: a module and its name."""

    def dying() -> None:
        setattr(*at, lambda *_given, **_named: os.kill(os.getpid(), signal.SIGKILL))
        work()

    assert os.WIFSIGNALED(status_of_fork(dying)), "It was never killed."


class TestKilled:
    @pytest.mark.parametrize(
        "at",
        [
            (giving_back, "credit_given_back"),
            (credit_notes, "issue"),
            (credit_notes, "insert_rows"),
            (giving_back, "hold_mails"),
        ],
        ids=lambda at: at[1],
    )
    def test_whoever_gives_back_leaves_nothing_and_does_it_once_again(self, at):
        order = sold("100.00")
        jobs = Job.objects.count()

        killed(giving(order, 0).work, at=at)

        assert not GivingBack.objects.exists()
        assert credited(order) == []
        assert Job.objects.count() == jobs
        giving(order, 0).work()
        assert credited(order) == [120]
        assert positions("credit_note") == [1]
        assert_all_agrees(order)

    @pytest.mark.parametrize("at", ["_still_due", "_issue", "keep_invoiced", "queue_papers"])
    def test_whoever_corrects_leaves_no_credit_note_without_its_invoice(self, at):
        order = sold("100.00")

        killed(correcting_it(order).work, at=(correcting, at))

        assert Document.objects.count() == 1
        correcting_it(order).work()
        assert (positions("invoice"), positions("credit_note")) == ([1, 2], [1])
        assert_all_agrees(order)


def test_of_eight_who_sell_and_give_back_the_killed_leave_no_gap():
    """Invoices and credit notes are two series; half of the processes are killed with their numbers taken."""
    back = [sold("100.00") for _number in range(4)]
    new = [ordered("100.00") for _number in range(4)]
    acts = [giving(order, 0).work for order in back] + [partial(pay, order) for order in new]

    def and_die(act) -> None:
        with transaction.atomic():
            act()
            os.kill(os.getpid(), signal.SIGKILL)

    rivals = [Rival(partial(and_die, act) if number % 2 else act) for number, act in enumerate(acts)]
    answers = race(*rivals)

    assert errors_among(answers) == ["Died"] * 4
    assert deadlocks_among(answers) == 0
    assert (positions("invoice"), positions("credit_note")) == ([1, 2, 3, 4, 5, 6], [1, 2])
    for act in acts[1::2]:
        act()
    assert (positions("invoice"), positions("credit_note")) == (list(range(1, 9)), [1, 2, 3, 4])
    assert list(faults_of_books()) == []
