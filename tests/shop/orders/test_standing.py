"""Words of lists about orders: paid is said only where the ledger says that nothing is owed."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.translation import override

from shop.orders.ending import expire_orders
from shop.orders.models import Order
from shop.orders.standing import Paid, orders_paid, standing_of, with_standing
from shop.payments.requests.promises import accept_promise
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.shop import deliver, make_cart, pay, place
from tests.shop.payments.requests.plans import in_parts, piece
from tests.shop.steps import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner():
    return MembershipFactory()


@pytest.fixture
def new(owner, probe_entry, diary):
    return lambda: place(make_cart(probe_entry, user=owner.user), user=owner.user, account=owner.account)


@pytest.fixture
def promised(new):
    order = new()
    _promise(order)
    return order


def _promise(order, *positions):
    told = {"kind": "opco", "reference": "F-1", "due_on": None, "positions": positions or None}
    accept_promise(order_id=order.pk, actor=UserFactory(is_staff=True), now=timezone.now(), **told)


def told(order) -> tuple[str, str]:
    with override("en"):
        standing = standing_of(with_standing(Order.objects.filter(pk=order.pk)).get())
        return standing.label, standing.note


def test_a_promise_confirms_and_money_pays(promised):
    assert told(promised) == ("confirmed", "€120.00 still to be paid")
    piece(promised, 50, "first")
    assert told(promised) == ("part paid", "€70.00 still to be paid")
    piece(promised, 70, "second")
    assert told(promised) == ("paid", "")


def test_a_part_before_the_rest_is_part_paid_and_not_confirmed(new):
    order = new()
    assert told(order) == ("waiting for payment", "")
    in_parts(order, 50, 70)
    pay(order, amount=Decimal(50), reference="deposit")
    assert told(order) == ("part paid", "€50.00 have arrived")
    pay(order, amount=Decimal(70), reference="rest")
    assert told(order) == ("paid", "")


def test_what_is_delivered_and_still_owed_says_so(promised):
    deliver(promised)
    assert told(promised) == ("completed", "€120.00 still to be paid")


def test_money_that_came_back_with_its_order_counts_once(new):
    order = new()
    in_parts(order, 50, 70)
    pay(order, amount=Decimal(50), reference="deposit")
    Order.objects.filter(pk=order.pk).update(expires_at=timezone.now())
    expire_orders(now=timezone.now())
    assert told(order) == ("expired", "")


def test_orders_are_found_by_how_much_of_them_is_paid(new, promised):
    waiting, part, half, whole = new(), new(), new(), new()
    in_parts(part, 50, 70)
    pay(part, amount=Decimal(50), reference="p1")
    _promise(half)
    piece(half, 20, "p2")
    pay(whole, reference="p3")
    found = {how: {order.pk for order in orders_paid(Order.objects.all(), how)} for how in Paid.values}
    assert found == {Paid.NOTHING: {promised.pk}, Paid.PART: {part.pk, half.pk}, Paid.ALL: {whole.pk}}
    assert waiting.pk not in set().union(*found.values())


@pytest.mark.parametrize("page", ["orders/", ""])
def test_customers_read_it_in_the_list_and_on_the_overview(owner, promised, page):
    client = signed_in(owner.user)
    text = client.get(f"/account/{owner.account_id}/{page}", headers={"accept-language": "en"}).content.decode()
    assert "confirmed</span>" in text
    assert "€120.00 still to be paid" in text


def test_the_list_takes_as_many_queries_for_many_orders(owner, new, django_assert_num_queries):
    client, address = signed_in(owner.user), f"/account/{owner.account_id}/orders/"
    new()
    client.get(address)
    with CaptureQueriesContext(connection) as few:
        client.get(address)
    for _index in range(4):
        _promise(new())
    with django_assert_num_queries(len(few)):
        client.get(address)
