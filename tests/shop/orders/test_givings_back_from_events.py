"""The migration that reads givings back from the orders' history, where no rows existed yet."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from importlib import import_module

import pytest
from django.apps import apps
from django.utils import timezone

from handlers.contract import RevokeReason
from shop.orders.figures import Period, sales
from shop.orders.giving_back.models import GivingBack
from shop.orders.giving_back.services import give_units_back
from shop.orders.history.models import OrderEvent
from shop.orders.lines.models import OrderLine, OrderUnit
from shop.orders.models import Order
from tests.factories.accounts import UserFactory
from tests.factories.catalog import EntryFactory
from tests.factories.shop import deliver, make_cart, pay, place

pytestmark = pytest.mark.django_db

migration = import_module("shop.migrations.0009_givings_back_from_events")


@pytest.fixture
def merchant():
    return UserFactory(is_staff=True)


def migrate() -> None:
    migration.read_events(apps, None)


def rows(order: Order) -> list[tuple[int, int, Decimal, str]]:
    found = GivingBack.objects.filter(line__order=order).order_by("line", "first_index")
    return list(found.values_list("first_index", "last_index", "amount", "why"))


@pytest.fixture
def sold():
    """Return a function that sells chairs at 12.01 with tax, paid and delivered, as the previous release did."""
    number = iter(range(1000))

    def sell(quantity: int = 7, price: str = "10.01") -> Order:
        order = place(
            make_cart(EntryFactory(tiers={1: price}), quantity=quantity), email=f"b{next(number)}@example.org"
        )
        if not order.is_free:
            pay(order, reference=order.number)
        return deliver(order)

    return sell


@pytest.fixture
def give_back(merchant):
    """Return a function that gives units back as the previous release did: with an event, and no row."""

    def give(order: Order, *indexes: int, why: RevokeReason = RevokeReason.REFUNDED) -> Decimal:
        line = order.lines.get()
        given = give_units_back(
            order_id=order.pk, units={line.pk: indexes or range(line.quantity)}, actor=merchant, reason="By telephone",
            why=why, now=timezone.now(),
        )  # fmt: skip
        GivingBack.objects.filter(line=line).delete()
        if line.quantity == line.units.filter(given_back_at__isnull=False).count():
            was = Order.objects.values_list("status", flat=True).get(pk=order.pk)
            Order.objects.filter(pk=order.pk).update(status="refunded")
            if was != "refunded":
                OrderEvent.objects.create(
                    order=order, at=timezone.now(), what="refunded", from_status="completed", to_status="refunded"
                )
        return given.worth

    return give


def test_the_ranges_of_an_event_are_rows_that_sum_to_its_worth(sold, give_back, merchant):
    order = sold()
    worth = give_back(order, 0, 1, 2, 6)
    event = OrderEvent.objects.get(order=order, what="units_given_back")
    assert event.detail["units"] == "1-3, 7"

    migrate()

    assert worth == Decimal("48.05")
    assert rows(order) == [(0, 2, Decimal("36.04"), "refunded"), (6, 6, Decimal("12.01"), "refunded")]
    first = GivingBack.objects.order_by("first_index")[0]
    assert (first.actor, first.at, first.reason) == (merchant, event.at, "By telephone")
    assert Order.objects.get(pk=order.pk).status == "completed"


def test_an_order_refunded_with_money_stays_so(sold, give_back):
    order = sold(2)
    give_back(order, 0, why=RevokeReason.CANCELLED)
    worth = give_back(order, 1)
    migrate()
    assert rows(order) == [(0, 0, 0, "cancelled"), (1, 1, worth, "refunded")]
    assert Order.objects.get(pk=order.pk).status == "refunded"


@pytest.mark.parametrize("price", ["10.01", "0"])
def test_one_refunded_without_money_is_completed(sold, give_back, price):
    order = sold(2, price)
    Order.objects.filter(pk=order.pk).update(status="completed", paid_at=timezone.now(), completed_at=timezone.now())
    OrderLine.objects.filter(order=order).update(status="fulfilled", fulfilled_at=timezone.now())
    give_back(order, why=RevokeReason.CANCELLED)
    Order.objects.filter(pk=order.pk).update(completed_at=None)

    migrate()

    order.refresh_from_db()
    assert rows(order) == [(0, 1, 0, "cancelled")]
    assert (order.status, order.completed_at) == ("completed", GivingBack.objects.get().at)
    event = order.events.last()
    assert (event.what, event.from_status, event.to_status) == ("completed", "refunded", "completed")
    assert sales(period=Period.DAY, now=timezone.now())[-1].gross == order.gross


def test_when_it_was_completed_stays(sold, give_back):
    order = sold(1)
    give_back(order, why=RevokeReason.CANCELLED)
    before = datetime(2026, 1, 1, tzinfo=UTC)
    Order.objects.filter(pk=order.pk).update(completed_at=before)
    migrate()
    assert Order.objects.get(pk=order.pk).completed_at == before


UNREADABLE = [
    {},
    {"line": 0},
    {"line": 5, "units": "1-2", "worth": "0"},
    {"line": "0", "units": "1-2", "worth": "0"},
    {"line": 0, "units": "all", "worth": "0"},
    {"line": 0, "units": "2, 1", "worth": "0"},
    {"line": 0, "units": "0-1", "worth": "0"},
    {"line": 0, "units": "1-3", "worth": "0"},
    {"line": 0, "units": 1, "worth": "0"},
    {"line": 0, "units": "1-2", "worth": "much"},
    {"line": 0, "units": "1-2", "worth": None},
    {"line": 0, "units": "1-2", "worth": "-1"},
    {"line": 0, "units": "1-2", "worth": "NaN"},
    {"line": 0, "units": "1-2", "worth": "1000"},
    {"line": 0, "units": "1-2", "worth": "0.001"},
    [],
]


@pytest.mark.parametrize("detail", UNREADABLE)
def test_what_no_event_tells_has_no_amount_and_leaves_the_status(sold, give_back, detail):
    order = sold(2)
    give_back(order)
    OrderEvent.objects.filter(what="units_given_back").update(detail=detail)
    migrate()
    assert rows(order) == [(0, 1, 0, "cancelled")]
    assert GivingBack.objects.get().at == OrderUnit.objects.filter(line__order=order)[0].given_back_at
    assert Order.objects.get(pk=order.pk).status == "refunded"


def test_units_without_an_event_are_joined_where_they_follow_one_another_in_one_act(sold):
    order, earlier = sold(5), timezone.now() - timedelta(days=1)
    units = OrderUnit.objects.filter(line__order=order)
    units.filter(index__in=(0, 1, 4)).update(given_back_at=timezone.now())
    units.filter(index=2).update(given_back_at=earlier)
    migrate()
    assert [row[:2] for row in rows(order)] == [(0, 1), (2, 2), (4, 4)]


def test_it_goes_on_where_it_was_cut_off_and_reads_nothing_twice(sold, give_back):
    orders = [sold(2) for _order in range(3)]
    for order in orders:
        give_back(order)
    migrate()
    GivingBack.objects.filter(line__order=orders[1]).delete()
    kept = list(GivingBack.objects.order_by("pk").values())
    migrate()
    assert list(GivingBack.objects.exclude(line__order=orders[1]).order_by("pk").values()) == kept
    assert rows(orders[1]) == [(0, 1, orders[1].gross, "refunded")]


def test_it_takes_some_orders_at_a_time(sold, give_back, monkeypatch):
    monkeypatch.setattr(migration, "BATCH", 2)
    orders = [sold(1) for _order in range(5)]
    for order in orders:
        give_back(order)
    migrate()
    assert [rows(order) for order in orders] == [[(0, 0, Decimal("12.01"), "refunded")]] * 5


def test_what_this_release_gave_back_is_left_alone(sold, merchant):
    order = sold(3)
    line = order.lines.get()
    give_units_back(order_id=order.pk, units={line.pk: [0, 2]}, actor=merchant, reason="x", now=timezone.now())
    before = list(GivingBack.objects.order_by("pk").values())
    migrate()
    assert list(GivingBack.objects.order_by("pk").values()) == before
