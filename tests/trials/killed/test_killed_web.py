"""Killed: web processes between commit and ring"""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from enrolments.seats.models import Seat
from shop.orders.models import Order
from tests.ordeal import Trial
from tests.trials.killed.killable_shop import RECOVERED_WITHIN_SECONDS, KillableShop
from tests.trials.killed.purchases import PACK, Assortment
from tests.trials.killed.visitor import Visitor

pytestmark = pytest.mark.xdist_group("killable_shop")


def test_web_process_killed_between_commit_and_ring(killable_shop: KillableShop, trial: Trial):
    """No answer for the visitor; pressing again makes no second order, and the paid order is delivered once"""
    purchases = trial.size(1, 10)
    shop, took = killable_shop, []
    with shop.at_hand():
        assortment = Assortment()
    for number in range(purchases):
        visitor = Visitor(shop.base_url)
        visitor.fill_in(assortment.seats.code, email=f"cut-off{number}@{assortment.name}.example")
        killed_at(shop, visitor.press_order)
        order = visitor.press_order().path
        visitor.choose_card(order)
        killed_at(shop, visitor.press_pay)
        took.append(shop.seconds_until_all_is_done(since=time.monotonic()))
        assert visitor.get(order).status == 200

    with shop.at_hand():
        orders = Order.objects.filter(lines__entry=assortment.seats)
        assert [order.status for order in orders] == ["completed"] * purchases
        seats = Seat.objects.filter(batch__order_id__in=orders.values("pk")).count()
    assert seats == purchases * PACK
    trial.note("web processes killed", 2 * purchases)
    trial.note("orders expected and found", purchases)
    trial.note("seats expected and found", seats)
    trial.note("longest recovery, s", round(max(took), 1))
    assert max(took) < RECOVERED_WITHIN_SECONDS


def killed_at(shop: KillableShop, press: Callable[[], object]) -> None:
    with shop.web_killed_before_ringing(), pytest.raises(ConnectionResetError):
        press()
