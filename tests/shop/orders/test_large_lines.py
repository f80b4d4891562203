"""A line without forms costs the same for one unit and for a hundred thousand, until its seats are made."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from enrolments.seats.history.models import SeatEvent
from enrolments.seats.models import Seat
from handlers import units as module
from handlers.contract import UnitContext
from shop.orders.ending import cancel_order
from shop.orders.giving_back.services import give_units_back
from shop.orders.lines.models import OrderUnit
from shop.orders.models import Order
from shop.seller.frozen import freeze_seller
from shop.seller.models import ShopIdentity
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.catalog import EntryFactory
from tests.factories.shop import deliver, euros, make_cart, pay, place, shown_now
from tests.shop.steps import english_client, put_in_cart, type_details

pytestmark = pytest.mark.django_db

MANY = 100_000


@pytest.fixture(autouse=True)
def seller(db: None) -> None:
    """Made the first time it is asked for, which is nobody's cost here."""
    ShopIdentity.current()


@pytest.fixture
def made(monkeypatch) -> list[object]:
    """Collect every object that stands for a unit, as it is made."""
    seen: list[object] = []
    unit_context, unit_row = UnitContext.__init__, OrderUnit.__init__

    def counted(original: Callable[..., None]) -> Callable[..., None]:
        def init(self, *args, **values) -> None:
            seen.append(self)
            original(self, *args, **values)

        return init

    monkeypatch.setattr(UnitContext, "__init__", counted(unit_context))
    monkeypatch.setattr(OrderUnit, "__init__", counted(unit_row))
    return seen


def pack_entry(**values):
    return EntryFactory(
        handler="std_generateseats", parameters={"packsize": 1}, tiers={1: "1.00"}, max_quantity=MANY, **values
    )


def queries(work: Callable[[], object]) -> int:
    with CaptureQueriesContext(connection) as captured:
        work()
    return len(captured)


def test_the_probe_notices_a_unit_that_is_made(made):
    assert module.Units.first(MANY)[7] in made
    assert len(made) == 1


def test_the_pages_of_the_cart_and_the_checkout_make_no_unit(made):
    counts = []
    for quantity in (1, MANY):
        visitor = english_client()
        put_in_cart(visitor, pack_entry(), quantity)
        assert visitor.get("/cart/").status_code == 200  # fills the memory of pages
        counts.append(
            [queries(lambda page=page, who=visitor: who.get(page)) for page in ("/cart/", "/checkout/details/")]
        )
        type_details(visitor)
        counts[-1].append(queries(lambda who=visitor: who.get("/checkout/review/")))

    assert counts[0] == counts[1]
    assert made == []


def test_placing_ending_and_late_money_make_no_unit(made):
    freeze_seller(seller=ShopIdentity.current())  # the first order after an edit freezes who sells
    counts = []
    for quantity in (1, MANY):
        cart = make_cart(pack_entry(), quantity=quantity)
        shown = shown_now(cart, email=f"{cart.pk}@example.org")
        counts.append(
            [queries(lambda cart=cart, shown=shown: place(cart, shown=shown, email=f"{cart.pk}@example.org"))]
        )
        order = Order.objects.get(cart=cart)
        now = timezone.now()
        counts[-1].append(queries(lambda order=order, now=now: cancel_order(order_id=order.pk, actor=None, now=now)))
        counts[-1].append(queries(lambda order=order: pay(order)))
        order.refresh_from_db()
        assert order.status == "paid"
        assert OrderUnit.objects.filter(line__order=order).count() == quantity

    assert counts[0] == counts[1]
    assert made == []


def test_a_large_line_is_delivered_and_given_back_in_part(made):
    """From the cart to the seats, some of which are given back, for a member who pays by transfer."""
    owner = MembershipFactory()
    cart = make_cart(pack_entry(), quantity=20_000, user=owner.user)
    order = place(cart, user=owner.user, account=owner.account)
    assert order.gross == euros("24000.00")
    pay(order)
    assert deliver(order).status == "completed"
    assert made == []

    line = order.lines.get()
    seats = Seat.objects.filter(batch__line_id=line.pk)
    assert seats.count() == SeatEvent.objects.filter(seat__in=seats).count() == 20_000
    first, last = seats.order_by("unit_index").first(), seats.order_by("unit_index").last()
    assert (first.unit_index, last.unit_index, last.number) == (0, 19_999, 1)
    rows = OrderUnit.objects.in_bulk([first.unit_id, last.unit_id])
    assert [rows[seat.unit_id].index for seat in (first, last)] == [0, 19_999]

    chosen = {line.pk: [3, 4, 19_999]}
    given = give_units_back(order_id=order.pk, units=chosen, actor=UserFactory(), reason="Too many", now=timezone.now())

    assert (given.units, given.worth) == (3, euros("3.60"))
    revoked = seats.filter(state="revoked").order_by("unit_index")
    assert list(revoked.values_list("unit_index", flat=True)) == [3, 4, 19_999]


def test_a_line_of_the_greatest_quantity_is_delivered():
    order = place(make_cart(pack_entry(), quantity=MANY))
    pay(order)

    assert deliver(order).status == "completed"
    assert Seat.objects.filter(batch__order_id=order.pk, state="available").count() == MANY


def test_the_page_of_its_order_makes_no_unit(made):
    order = place(make_cart(pack_entry(), quantity=MANY))

    assert english_client().get(f"/orders/{order.token}/").status_code == 200
    assert made == []
