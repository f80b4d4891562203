"""Money in parts: given to requests, released by a rule, unallocated again when the order ends."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.ledger.models import Account
from billing.ledger.selectors import balances_of_order
from shop.orders.ending import cancel_order
from shop.orders.models import Order
from shop.payments.models import PaymentEvent, Settlement
from shop.payments.requests.asked import asked_of
from shop.payments.requests.models import Allocation, PaymentRequest
from shop.payments.requests.services import lower_requests
from tests.factories.catalog import EntryFactory
from tests.factories.shop import fill_cart, make_cart, pay, place
from tests.shop.payments.requests.plans import NOW, as_the_previous_release_leaves_them, in_parts, piece

pytestmark = pytest.mark.django_db

SETTLE = 24


@pytest.fixture
def order(probe_entry) -> Order:
    return place(make_cart(probe_entry))


def states(order: Order) -> list[str]:
    return [each.request.state for each in asked_of(order)]


def outcomes() -> list[str]:
    return list(PaymentEvent.objects.order_by("pk").values_list("outcome", flat=True))


def open_sums(order: Order) -> dict[Account, int]:
    """Return what stands open for an order in the ledger, without what was sold and how money came."""
    shown = (Account.RECEIVABLE, Account.DEPOSITS, Account.UNALLOCATED)
    return {account: amount for account, amount in balances_of_order(order.pk).items() if account in shown}


def is_paid(order: Order) -> bool:
    order.refresh_from_db()
    return order.status == Order.Status.PAID


def test_an_order_asks_for_its_total_at_once(order):
    asked = order.requests.get()
    assert (asked.position, asked.amount, asked.due_on, asked.state) == (1, order.gross, None, "open")


def test_a_zero_total_asks_for_nothing(diary):
    assert not place(make_cart(EntryFactory(tiers={1: "0"}))).requests.exists()


def test_an_order_of_the_previous_release_is_asked_for_when_its_money_comes(order):
    as_the_previous_release_leaves_them()
    assert pay(order) == "settled"
    assert states(order) == ["paid"]


def test_an_order_that_the_previous_release_has_settled_takes_nothing_more(order):
    pay(order)
    as_the_previous_release_leaves_them()
    assert pay(order, event_id="again") == "known"
    assert pay(order, reference="second") == "second_charge"
    assert not PaymentRequest.objects.exists()


def test_pieces_by_hand_pay_once_they_are_all_there(order):
    piece(order, 100, "one")
    assert not is_paid(order)
    assert open_sums(order) == {Account.DEPOSITS: -10000}
    assert order.events.filter(what="part_paid").count() == 1

    piece(order, 20, "two")
    assert is_paid(order)
    assert outcomes() == ["allocated", "settled"]
    assert open_sums(order) == {}


def test_a_provider_pays_a_request_in_full_or_not_at_all(order):
    assert pay(order, amount=Decimal(100)) == "mismatch"
    assert not Allocation.objects.exists()


def test_more_than_is_asked_is_recorded_and_pays_nothing(order):
    piece(order, 130, "one")
    assert outcomes() == ["mismatch"]
    assert not is_paid(order)
    assert open_sums(order) == {Account.UNALLOCATED: -13000}


class TestParts:
    def test_each_is_paid_by_its_own_amount(self, order):
        in_parts(order, 70, 50)
        assert pay(order, amount=Decimal(50), reference="b") == "allocated"
        assert states(order) == ["open", "paid"]
        assert pay(order, amount=Decimal(70), reference="a") == "settled"
        assert open_sums(order) == {}

    def test_all_are_paid_at_once_by_their_sum(self, order):
        in_parts(order, 70, 50)
        assert pay(order) == "settled"
        assert states(order) == ["paid", "paid"]

    def test_the_first_releases_where_the_rule_says_so(self, order):
        in_parts(order, 70, 50)
        Order.objects.update(release_rule="first")
        assert pay(order, amount=Decimal(50), reference="b") == "allocated"
        assert pay(order, amount=Decimal(70), reference="a") == "settled"
        assert open_sums(order) == {}

    def test_the_rest_clears_the_debt_and_settles_nothing_twice(self, order):
        in_parts(order, 70, 50)
        Order.objects.update(release_rule="first")
        assert pay(order, amount=Decimal(70), reference="a") == "settled"
        assert open_sums(order) == {Account.RECEIVABLE: 5000}
        assert pay(order, amount=Decimal(50), reference="b") == "allocated"
        assert pay(order, amount=Decimal(50), reference="c") == "second_charge"
        assert Settlement.objects.count() == 1
        assert open_sums(order) == {Account.UNALLOCATED: -5000}


class TestEnded:
    def test_pieces_are_unallocated_again_and_shown(self, order):
        piece(order, 100, "one")
        cancel_order(order_id=order.pk, actor=None, now=NOW)
        assert outcomes() == ["released"]
        assert PaymentEvent.objects.needing_attention().count() == 1
        assert open_sums(order) == {Account.UNALLOCATED: -10000}
        assert order.requests.get().state == "withdrawn"

    def test_nothing_is_taken_but_what_releases_the_order(self, order):
        in_parts(order, 70, 50)
        cancel_order(order_id=order.pk, actor=None, now=NOW)
        assert pay(order, amount=Decimal(70), reference="a") == "late"
        assert not Allocation.objects.exists()
        assert pay(order, reference="b") == "settled"
        assert states(order) == ["paid", "paid"]

    def test_money_told_again_is_not_given_twice(self, order):
        piece(order, 100, "one")
        cancel_order(order_id=order.pk, actor=None, now=NOW)
        piece(order, 100, "one", event_id="again")
        assert outcomes() == ["released", "known"]


class TestLowered:
    def test_what_is_still_to_come_is_lowered_before_anything_is_owed_back(self, order):
        in_parts(order, 70, 50)
        Order.objects.update(release_rule="first")
        pay(order, amount=Decimal(70), reference="a")
        assert lower_requests(order=order, amount=Decimal(20), now=NOW) == 0
        assert [each.rest for each in asked_of(order)] == [0, 30]
        assert lower_requests(order=order, amount=Decimal(40), now=NOW) == 10
        assert states(order) == ["paid", "paid"]
        assert lower_requests(order=order, amount=Decimal(5), now=NOW) == 5


def test_settling_takes_few_queries_whatever_the_number_of_lines(diary):
    cart = make_cart(EntryFactory(handler="std_probe"))
    for _index in range(9):
        fill_cart(cart, EntryFactory(handler="std_probe"))
    counts = []
    for order in (place(cart, email="large@example.org"), place(make_cart(EntryFactory(handler="std_probe")))):
        with CaptureQueriesContext(connection) as queries:
            assert pay(order) == "settled"
        counts.append(len([query for query in queries if "SAVEPOINT" not in query["sql"]]))
    assert counts == [counts[0]] * 2
    assert counts[0] <= SETTLE, [query["sql"][:150] for query in queries]
