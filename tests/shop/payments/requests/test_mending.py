"""Orders that a process of the previous release has settled have their requests paid."""

import pytest

from shop.orders.ending import cancel_order
from shop.orders.models import Order
from shop.payments.requests.asked import asked_of
from shop.payments.requests.models import Allocation, PaymentRequest
from shop.payments.requests.tasks import mend_requests
from tests.constraints import run
from tests.factories.shop import make_cart, pay, place
from tests.shop.payments.requests.plans import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def order(probe_entry) -> Order:
    return place(make_cart(probe_entry))


def settled_by_the_previous_release(state: str) -> None:
    """Leave the requests as a process that knows none leaves them."""
    run("SET CONSTRAINTS ALL IMMEDIATE")
    Allocation.objects.all().delete()
    run("ALTER TABLE shop_paymentrequest DISABLE TRIGGER USER")
    PaymentRequest.objects.update(state=state)
    run("ALTER TABLE shop_paymentrequest ENABLE TRIGGER USER")
    run("SET CONSTRAINTS ALL DEFERRED")


@pytest.mark.parametrize("state", ["open", "withdrawn"])
def test_their_payment_is_given_to_them_once(order, state):
    if state == "withdrawn":
        cancel_order(order_id=order.pk, actor=None, now=NOW)
    pay(order)
    settled_by_the_previous_release(state)

    assert mend_requests() == 1
    assert [(each.request.state, each.rest) for each in asked_of(order)] == [("paid", 0)]
    assert mend_requests() == 0


def test_others_are_left_alone(order):
    assert mend_requests() == 0
    pay(order)
    assert mend_requests() == 0
