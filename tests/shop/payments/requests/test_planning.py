"""Plans of payment: parts that sum to the total, on days that the order waits for."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from shop.orders.ending import cancel_order
from shop.orders.models import Order
from shop.payments.requests.asked import asked_of
from shop.payments.requests.planning import NotPlannable, Part, PlanTooFine, divide, plan_payments
from tests.factories.accounts import UserFactory
from tests.factories.shop import make_cart, pay, place
from tests.shop.payments.requests.plans import NOW, piece

DAY = date(2031, 3, 1)


def plan(total: str = "120", currency: str = "EUR", **changes) -> list[Part]:
    how = {"deposit_percent": 30, "instalments": 3, "first_on": DAY, "days_between": 30} | changes
    return divide(Decimal(total), currency, **how)


@pytest.mark.parametrize(
    ("total", "currency", "how", "amounts"),
    [
        ("120", "EUR", {}, ["36.00", "28.00", "28.00", "28.00"]),
        ("100", "EUR", {"deposit_percent": 0}, ["33.33", "33.33", "33.34"]),
        ("0.05", "EUR", {"deposit_percent": 50, "instalments": 1}, ["0.03", "0.02"]),
        ("1000", "JPY", {}, ["300", "233", "233", "234"]),
        ("1.01", "KWD", {"instalments": 2}, ["0.30", "0.35", "0.36"]),
    ],
)
def test_parts_sum_to_the_total_in_coins_of_the_currency(total, currency, how, amounts):
    assert [part.amount for part in plan(total, currency, **how)] == [Decimal(amount) for amount in amounts]


def test_the_deposit_is_due_at_once_and_instalments_at_equal_distances():
    assert [part.due_on for part in plan()] == [None, DAY, DAY + timedelta(days=30), DAY + timedelta(days=60)]


@pytest.mark.parametrize("how", [{"instalments": 24}, {"deposit_percent": 1}])
def test_no_part_is_nothing(how):
    with pytest.raises(PlanTooFine):
        plan("0.10", **how)


@pytest.mark.django_db
class TestPlanned:
    @pytest.fixture
    def order(self, probe_entry) -> Order:
        return place(make_cart(probe_entry))

    def planned(self, order, parts=None):
        told = {"actor": UserFactory(is_staff=True), "now": timezone.now()}
        plan_payments(order_id=order.pk, parts=parts or plan(), **told)
        order.refresh_from_db()

    def test_parts_take_the_place_of_the_whole(self, order):
        self.planned(order)
        assert [each.rest for each in asked_of(order)] == [36, 28, 28, 28]
        assert order.events.filter(what="planned").exists()

    def test_the_order_waits_until_two_weeks_after_the_last_day_it_needs(self, order):
        self.planned(order)
        assert timezone.localtime(order.expires_at).date() == DAY + timedelta(days=60 + 14)

    def test_by_the_first_part_alone_where_that_releases(self, order):
        Order.objects.update(release_rule="first")
        before = order.expires_at
        self.planned(order)
        assert order.expires_at == before

    def test_each_part_is_paid_by_itself(self, order):
        self.planned(order)
        outcomes = [pay(order, amount=Decimal(amount), reference=str(n)) for n, amount in enumerate((36, 28, 28, 28))]
        assert outcomes == ["allocated", "allocated", "allocated", "settled"]

    def test_a_plan_may_be_made_anew(self, order):
        self.planned(order)
        self.planned(order, plan(instalments=1))
        assert [each.rest for each in asked_of(order)] == [36, 84]

    def test_not_once_something_has_come(self, order):
        piece(order, 10, "one")
        with pytest.raises(NotPlannable):
            self.planned(order)

    def test_not_once_the_order_has_ended_or_is_paid(self, order, probe_entry):
        other = place(make_cart(probe_entry), email="other@example.org")
        pay(other)
        cancel_order(order_id=order.pk, actor=None, now=NOW)
        for each in (order, other):
            with pytest.raises(NotPlannable):
                self.planned(each)
