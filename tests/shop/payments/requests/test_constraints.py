"""Rules of payment requests and of what they received, attacked by raw SQL."""

import pytest

from shop.orders.ending import cancel_order
from shop.orders.models import Order
from shop.payments.attention import mark_resolved
from shop.payments.models import Payment, PaymentEvent
from shop.payments.requests.models import Allocation, PaymentRequest
from tests.constraints import broken, copy, run
from tests.factories.accounts import UserFactory
from tests.factories.shop import make_cart, pay, place
from tests.shop.payments.requests.plans import NOW, in_parts, piece

pytestmark = pytest.mark.django_db


@pytest.fixture
def order(probe_entry) -> Order:
    return place(make_cart(probe_entry))


@pytest.fixture
def request_of(order) -> PaymentRequest:
    return order.requests.get()


def nothing_waits() -> None:
    """Have all that is deferred checked: what comes next is refused by its own trigger."""
    run("SET CONSTRAINTS ALL IMMEDIATE")
    run("SET CONSTRAINTS ALL DEFERRED")


@pytest.mark.parametrize(
    "change",
    ["amount = amount - 0.01", "amount = amount + 0.01", "state = 'withdrawn'"],
)
def test_the_requests_of_an_order_sum_to_its_total(request_of, change):
    with broken("shop_paymentrequest_sums_to_total"):
        run(f"UPDATE shop_paymentrequest SET {change}")


def test_no_request_is_deleted_or_added_alone(request_of):
    with broken("shop_paymentrequest_sums_to_total"):
        run("DELETE FROM shop_paymentrequest")
    with broken("shop_paymentrequest_sums_to_total"):
        copy("shop_paymentrequest", request_of.pk, position=2)


def test_a_request_may_be_replaced_by_others_of_the_same_sum(order):
    in_parts(order, 70, 50)
    assert order.requests.exclude(state="withdrawn").count() == 2


def test_all_are_withdrawn_only_with_an_order_that_has_ended(order):
    cancel_order(order_id=order.pk, actor=None, now=NOW)
    assert order.requests.get().state == "withdrawn"
    with broken("shop_paymentrequest_sums_to_total"):
        run("UPDATE shop_order SET status = 'placed'")
        run("UPDATE shop_paymentrequest SET state = 'open'; UPDATE shop_paymentrequest SET state = 'withdrawn'")


def test_a_request_keeps_its_shape(request_of):
    for refusal, change in (
        (broken("shop_paymentrequest_amount"), "amount = 0"),
        (broken("shop_paymentrequest_lowered"), "lowered = -0.01"),
        (broken("shop_paymentrequest_lowered"), "lowered = amount + 0.01"),
        (broken("shop_paymentrequest_state_known"), "state = 'lost'"),
        (broken("shop_paymentrequest_replaced"), "replaced_at = now()"),
    ):
        with refusal:
            run(f"UPDATE shop_paymentrequest SET {change}")
    with broken("shop_paymentrequest_position_once"):
        copy("shop_paymentrequest", request_of.pk)


def test_an_order_is_released_by_a_rule_that_is_known(order):
    with broken("shop_order_release_rule_known"):
        run("UPDATE shop_order SET release_rule = 'never'")


def test_a_request_is_paid_by_what_it_received_alone(order, request_of):
    with broken("shop_paymentrequest_received"):
        run("UPDATE shop_paymentrequest SET state = 'paid'")
    pay(order)
    nothing_waits()
    with broken("shop_allocation_received"):
        run("UPDATE shop_allocation SET amount = amount - 1")
    with broken("shop_paymentrequest_received"):
        run("UPDATE shop_paymentrequest SET lowered = 1")
    with broken("shop_allocation_received"):
        run("UPDATE shop_allocation SET released_at = now()")


def test_a_request_receives_no_more_than_it_asks_for(order, request_of):
    piece(order, 100, "one")
    second = piece(order, 1, "two")
    assert second.status == Payment.Status.SUCCEEDED
    run("UPDATE shop_payment SET amount = 1000")
    nothing_waits()
    with broken("shop_allocation_received"):
        run("UPDATE shop_allocation SET amount = 30 WHERE payment_id = %s", second.pk)


def test_a_payment_gives_no_more_than_it_is(order):
    piece(order, 100, "one")
    with broken("shop_allocation_within_bounds"):
        run("UPDATE shop_allocation SET amount = amount + 1")


def test_an_allocation_keeps_its_shape(order):
    piece(order, 100, "one")
    with broken("shop_allocation_amount"):
        run("UPDATE shop_allocation SET amount = 0")
    with broken("shop_allocation_once"):
        copy("shop_allocation", Allocation.objects.get().pk)


def test_what_was_released_may_be_given_again(order):
    piece(order, 100, "one")
    run("UPDATE shop_allocation SET released_at = now()")
    copy("shop_allocation", Allocation.objects.get().pk, released_at=None)


def test_a_pay_link_opens_one_request(order, request_of):
    run("UPDATE shop_paymentrequest SET link_hash = 'x'")
    with broken("shop_paymentrequest_link_hash_key"):
        copy("shop_paymentrequest", request_of.pk, position=2)


@pytest.mark.parametrize("change", ["how = 'lost'", "how = 'credit'", "how = 'applied', amount = 0"])
def test_money_that_was_used_says_how_much(order, change):
    pay(order)
    pay(order, reference="second")
    mark_resolved(event_id=PaymentEvent.objects.needing_attention().get().pk, note="", actor=UserFactory(), now=NOW)
    with broken("shop_moneyhandling_used_for_good"):
        run(f"UPDATE shop_moneyhandling SET {change}")
