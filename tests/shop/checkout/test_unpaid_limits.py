"""Limits of the unpaid orders of one visitor, account or typed address together, to the last unit."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.utils import timezone

from enrolments.courses.places.models import PlaceHold
from shop.checkout import limits
from shop.checkout.errors import TooManyUnpaidOrders
from shop.checkout.limits import PER_ACCOUNT, PER_TYPED_ADDRESS, PER_VISITOR
from shop.orders.ending import cancel_order
from shop.orders.lines.models import OrderUnit
from shop.orders.models import Order
from tests.factories.accounts import MembershipFactory
from tests.factories.catalog import EntryFactory
from tests.factories.enrolments import CourseFactory
from tests.factories.shop import make_cart, pay, place

pytestmark = pytest.mark.django_db


@pytest.fixture
def entry(db: None):
    return EntryFactory(tiers={1: "1.00"}, max_quantity=100_000)


def by_visitor(entry, quantity: int = 1, *, visitor: str = "v1") -> Order:
    """Place an order from one network address, with another e-mail each time."""
    return place(
        make_cart(entry, quantity=quantity), visitor_key=visitor, email=f"a{Order.objects.count()}@example.org"
    )


def by_address(entry, quantity: int = 1, *, email: str = "alice@example.org") -> Order:
    """Place an order with one e-mail, from another network address each time."""
    return place(make_cart(entry, quantity=quantity), visitor_key=f"v{Order.objects.count()}", email=email)


@pytest.fixture
def member(db: None):
    return MembershipFactory()


@pytest.fixture(params=["visitor", "typed address", "account"])
def ordering(request, member):
    """Return a function that places an order under one limit, the limit, and a function that places one outside it."""
    if request.param == "visitor":
        return by_visitor, PER_VISITOR, lambda entry, quantity: by_visitor(entry, quantity, visitor="v2")
    if request.param == "typed address":
        return by_address, PER_TYPED_ADDRESS, lambda entry, quantity: by_address(entry, quantity, email="b@example.org")

    def by_account(entry, quantity: int = 1, *, who=member) -> Order:
        return place(make_cart(entry, quantity=quantity, user=who.user), user=who.user, account=who.account)

    return by_account, PER_ACCOUNT, lambda entry, quantity: by_account(entry, quantity, who=MembershipFactory())


def test_the_limits_are_those_of_the_domain():
    assert (PER_VISITOR.units, PER_TYPED_ADDRESS.units, PER_ACCOUNT.units) == (2_000, 2_000, 20_000)


def test_units_are_counted_to_the_last_one(entry, ordering):
    order, limit, _elsewhere = ordering
    order(entry, limit.units - 1)
    order(entry, 1)

    with pytest.raises(TooManyUnpaidOrders):
        order(entry, 1)
    assert Order.objects.count() == 2


def test_one_unit_more_than_allowed_is_refused_with_the_second_order(entry, ordering):
    order, limit, _elsewhere = ordering
    order(entry, limit.units - 1)

    with pytest.raises(TooManyUnpaidOrders):
        order(entry, 2)


def test_one_order_alone_is_held_to_its_own_limits_only(entry, ordering):
    order, limit, elsewhere = ordering

    first = order(entry, limit.units + 1)
    assert first.status == "placed"
    with pytest.raises(TooManyUnpaidOrders):
        order(entry, 1)
    assert elsewhere(entry, limit.units).status == "placed"


def test_what_was_paid_or_cancelled_counts_no_more(entry, ordering):
    order, limit, _elsewhere = ordering
    pay(order(entry, limit.units))
    cancel_order(order_id=order(entry, limit.units).pk, actor=None, now=timezone.now())

    assert order(entry, limit.units + 1).status == "placed"


def test_orders_are_counted_to_the_last_one(entry, ordering):
    order, limit, _elsewhere = ordering
    for _number in range(limit.orders):
        order(entry)

    with pytest.raises(TooManyUnpaidOrders):
        order(entry)


@pytest.fixture
def session(db: None):
    course = CourseFactory(capacity=9)
    return EntryFactory(handler="std_setuponecoursesession", parameters={"coursename": course.short_name})


def test_places_are_counted_up_to_the_limit_of_the_domain(ordering):
    order, limit, _elsewhere = ordering
    course = CourseFactory(capacity=None)
    session = EntryFactory(handler="std_setuponecoursesession", parameters={"coursename": course.short_name})
    for _half in range(2):
        order(session, 500 if limit is PER_ACCOUNT else 250)

    with pytest.raises(TooManyUnpaidOrders):
        order(session, 1)


def test_places_are_counted_to_the_last_one(session, monkeypatch):
    monkeypatch.setattr(limits, "PER_VISITOR", replace(PER_VISITOR, places=4))
    by_visitor(session, 3)
    by_visitor(session, 1)

    with pytest.raises(TooManyUnpaidOrders):
        by_visitor(session, 1)
    assert sum(PlaceHold.objects.live().values_list("places", flat=True)) == 4


def test_places_are_no_reason_against_an_order_that_holds_none_or_stands_alone(entry, session, monkeypatch):
    monkeypatch.setattr(limits, "PER_VISITOR", replace(PER_VISITOR, places=4))
    by_visitor(session, 5)

    assert by_visitor(entry, 1).status == "placed"


def test_a_refused_order_leaves_no_row(entry, member):
    by_visitor(entry, PER_VISITOR.units)
    rows = OrderUnit.objects.count()

    with pytest.raises(TooManyUnpaidOrders):
        by_visitor(entry, 5)
    assert OrderUnit.objects.count() == rows
