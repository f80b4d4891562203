"""Money that banks take back: owed again, and paid again when the dispute is won after all."""

from __future__ import annotations

import itertools
from decimal import Decimal

import pytest
from django.utils import timezone

from billing.ledger.models import Account, LedgerEntry
from billing.ledger.selectors import balance, balances_of_order
from shop.orders.ending import cancel_order
from shop.orders.freezing import reasons_of
from shop.orders.giving_back.services import give_units_back
from shop.orders.models import Order
from shop.payments.attention import ResolvedAlready, mark_resolved
from shop.payments.charge_backs.models import ChargeBack
from shop.payments.models import PaymentEvent, Settlement
from shop.payments.refunds.sending import shares_of
from shop.payments.requests.asked import asked_of
from shop.payments.requests.models import Allocation
from shop.payments.requests.promises import accept_promise
from shop.payments.requests.using import apply_money, keep_as_credit
from shop.postings.verifying import faults_of_books
from tests.factories.accounts import UserFactory
from tests.factories.shop import deliver, make_cart, pay, place, units_left
from tests.shop.payments.requests.plans import as_the_previous_release_leaves_them, in_parts

pytestmark = pytest.mark.django_db

OWED, DEPOSITS, UNALLOCATED = Account.RECEIVABLE, Account.DEPOSITS, Account.UNALLOCATED


@pytest.fixture
def order(probe_entry) -> Order:
    order = place(make_cart(probe_entry))
    pay(order)
    return order


@pytest.fixture(autouse=True)
def books_are_in_order():
    yield
    assert list(faults_of_books()) == []


def tell(order: Order, kind: str, *, thing: str = "dp_1", **more: object) -> str:
    return pay(order, kind=kind, event_id=f"{thing}:{kind}", **more)


def open_sums(order: Order) -> dict[Account, int]:
    shown = (OWED, DEPOSITS, UNALLOCATED, Account.IN_TRANSIT)
    return {account: sum for account, sum in balances_of_order(order.pk).items() if account in shown}


def states(order: Order) -> list[tuple[str, Decimal]]:
    return [(each.request.state, each.rest) for each in asked_of(order)]


def test_one_after_delivery_makes_the_debt_anew_and_changes_neither_order_nor_settlement(order):
    deliver(order)
    assert tell(order, "dispute_lost") == "recorded"

    assert open_sums(order) == {OWED: 12000}
    assert states(order) == [("open", Decimal(120))]
    order.refresh_from_db()
    assert (order.status, Settlement.objects.get().order, reasons_of(order)) == ("completed", order, {"dispute"})
    assert order.events.get(what="charged_back").detail["worth"] == "120.00"


def test_a_part_is_owed_again_and_the_rest_stays_paid(order):
    tell(order, "dispute_lost", amount=Decimal("20.50"))
    assert open_sums(order) == {OWED: 2050, Account.IN_TRANSIT: 9950}
    assert states(order) == [("open", Decimal("20.50"))]


def test_what_is_owed_again_can_be_paid_again(order):
    tell(order, "dispute_lost")
    assert pay(order, reference="second") == "allocated"
    assert open_sums(order) == {Account.IN_TRANSIT: 12000}
    assert states(order) == [("paid", 0)]


def test_one_won_after_all_pays_again(order):
    tell(order, "dispute_lost", amount=Decimal(20))
    assert tell(order, "dispute_won") == "recorded"
    assert open_sums(order) == {Account.IN_TRANSIT: 12000}
    assert states(order) == [("paid", 0)]
    assert reasons_of(order) == set()
    assert Allocation.objects.get(released_at=None).amount == 120


@pytest.mark.parametrize(
    ("kinds", "owed"),
    [
        (("disputed", "dispute_lost"), 12000),
        (("disputed", "dispute_won"), 0),
        (("dispute_lost", "dispute_won"), 0),
        (("disputed", "dispute_lost", "dispute_won"), 0),
    ],
)
def test_however_messages_arrive_they_are_posted_once(probe_entry, kinds, owed):
    for number, messages in enumerate({*itertools.permutations(kinds * 2, len(kinds) + 1)}):
        if not {*kinds} <= {*messages}:
            continue
        order = place(make_cart(probe_entry), email=f"buyer{number}@example.org")
        pay(order)
        for kind in messages:
            tell(order, kind, thing=f"dp_{order.pk}")
        assert balances_of_order(order.pk).get(OWED, 0) == owed, messages


def test_one_dispute_won_does_not_hide_another_that_is_lost(order):
    tell(order, "disputed")
    tell(order, "dispute_won")
    tell(order, "dispute_lost", thing="dp_2")
    assert open_sums(order) == {OWED: 12000}


def test_no_more_is_taken_than_the_payment_was(order):
    tell(order, "dispute_lost", amount=Decimal(9999))
    tell(order, "dispute_lost", thing="dp_2")
    assert open_sums(order) == {OWED: 12000}
    assert [charge_back.amount for charge_back in ChargeBack.objects.all()] == [120, 0]


def test_another_currency_is_shown_and_posted_by_nobody(order):
    assert tell(order, "dispute_lost", currency="USD") == "recorded"
    assert open_sums(order) == {Account.IN_TRANSIT: 12000}


def test_a_fee_is_the_sellers(order):
    tell(order, "dispute_lost", fee=Decimal(15))
    assert open_sums(order) == {OWED: 12000, Account.IN_TRANSIT: -1500}
    assert balance(Account.FEES, currency="EUR", part="sandbox") == 15


def test_a_payment_told_of_again_pays_for_nothing_once_it_was_taken_back(order):
    tell(order, "dispute_lost")
    assert pay(order, event_id="told again") == "known"
    assert states(order) == [("open", Decimal(120))]


def test_a_deposit_that_is_taken_back_no_more_counts_to_the_release(probe_entry):
    order = place(make_cart(probe_entry))
    in_parts(order, 70, 50)
    pay(order, amount=Decimal(70), reference="deposit")
    tell(order, "dispute_lost", reference="deposit", amount=Decimal(70))
    assert open_sums(order) == {}
    assert pay(order, amount=Decimal(50), reference="rest") == "allocated"
    assert tell(order, "dispute_won", reference="deposit", amount=Decimal(70)) == "recorded"
    order.refresh_from_db()
    assert order.status == "paid"
    assert open_sums(order) == {Account.IN_TRANSIT: 12000}


class TestMoneyThatPaidForNothing:
    def test_is_taken_before_what_is_paid(self, order):
        pay(order, reference="over", amount=Decimal(500))
        tell(order, "dispute_lost", reference="over", amount=Decimal(500))
        assert open_sums(order) == {Account.IN_TRANSIT: 12000}
        event = PaymentEvent.objects.get(outcome="second_charge")
        used = {"order_number": order.number, "reason": "", "actor": UserFactory(), "now": timezone.now()}
        with pytest.raises(ResolvedAlready):
            apply_money(event_id=event.pk, **used)

    def test_that_comes_again_where_nothing_is_owed_is_shown_and_can_be_sent_back(self, order):
        tell(order, "dispute_lost")
        pay(order, reference="second")
        assert tell(order, "dispute_won") == "second_charge"
        assert open_sums(order) == {UNALLOCATED: -12000, Account.IN_TRANSIT: 24000}
        [event] = PaymentEvent.objects.needing_attention().unallocated()
        mark_resolved(event_id=event.pk, note="", actor=UserFactory(), now=timezone.now())
        assert open_sums(order) == {Account.IN_TRANSIT: 24000}

    def test_kept_as_credit_is_taken_from_the_credit(self, order):
        pay(order, reference="second")
        [event] = PaymentEvent.objects.needing_attention()
        keep_as_credit(event_id=event.pk, reason="", actor=UserFactory(), now=timezone.now())
        tell(order, "dispute_lost", reference="second")
        credit = {"currency": "EUR", "customer_id": order.account_id}
        assert (open_sums(order)[Account.IN_TRANSIT], balance(Account.CREDIT, **credit)) == (12000, 0)
        tell(order, "dispute_won", reference="second")
        assert balance(Account.CREDIT, **credit) == -120

    def test_of_an_order_that_ended_is_no_debt(self, probe_entry):
        order = place(make_cart(probe_entry))
        in_parts(order, 70, 50)
        pay(order, amount=Decimal(70), reference="deposit")
        cancel_order(order_id=order.pk, actor=None, now=timezone.now())
        tell(order, "dispute_lost", reference="deposit", amount=Decimal(70))
        assert open_sums(order) == {}


class TestGivingBack:
    def back(self, order: Order) -> None:
        merchant = UserFactory(is_staff=True)
        give_units_back(order_id=order.pk, units=units_left(order), actor=merchant, reason="", now=timezone.now())

    def test_what_was_taken_is_never_sent_back_too(self, order):
        tell(order, "dispute_lost", amount=Decimal(100))
        self.back(order)
        assert open_sums(order) == {Account.IN_TRANSIT: 2000}
        assert [share.amount for share in shares_of(order, Decimal(120))] == [20]

    def test_what_is_disputed_is_not_sent_back(self, order):
        tell(order, "disputed", amount=Decimal(100))
        self.back(order)
        assert [share.amount for share in shares_of(order, Decimal(120))] == [20]
        tell(order, "dispute_won")
        assert [share.amount for share in shares_of(order, Decimal(120))] == [120]

    def test_a_promise_stands_again_once_the_money_is_gone(self, probe_entry):
        order = place(make_cart(probe_entry))
        told = {"kind": "opco", "reference": "F-1", "due_on": None, "now": timezone.now()}
        accept_promise(order_id=order.pk, actor=UserFactory(is_staff=True), **told)
        pay(order)
        tell(order, "dispute_lost")
        assert states(order) == [("covered", Decimal(120))]


def test_an_order_that_the_previous_release_settled_is_owed_again(order):
    as_the_previous_release_leaves_them()
    tell(order, "dispute_lost")
    assert open_sums(order) == {OWED: 12000}
    assert states(order) == [("open", Decimal(120))]


def test_the_facts_are_named_after_the_charge_back(order):
    tell(order, "dispute_lost")
    tell(order, "dispute_won")
    key = ChargeBack.objects.get().pk
    facts = LedgerEntry.objects.filter(fact__startswith="charge_back").order_by("pk").values_list("fact", flat=True)
    assert list(facts) == [f"charge_back:{key}", f"charge_back_won:{key}"]
