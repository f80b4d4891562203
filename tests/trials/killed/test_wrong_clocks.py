"""Killed: clocks"""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from django.utils import timezone

from enrolments.grounds.models import Ground
from outbox.mails.models import Mail
from shop.orders.models import Order
from tests.ordeal import Trial
from tests.trials.killed.census import wrong_rows
from tests.trials.killed.killable_shop import RECOVERED_WITHIN_SECONDS, KillableShop
from tests.trials.killed.purchases import Assortment

pytestmark = pytest.mark.xdist_group("killable_shop")


@pytest.mark.parametrize("hours", [12, -12])
def test_the_workers_clock_is_moved(killable_shop: KillableShop, trial: Trial, hours: int):
    """The only worker's clock jumps by half a day: it does what is due, and nothing that is not"""
    orders = trial.size(1, 10)
    shop = killable_shop
    with shop.at_hand():
        assortment, unpaid = Assortment(), Assortment()
        overdue, in_time = (purchase.order for purchase in unpaid.place(2))
        Order.objects.filter(pk=overdue.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
        began = timezone.now()
        shop.set_workers_clock(wrong_by=timedelta(hours=hours))
        try:
            assortment.buy(orders)
            shop.celery().send_task("shop.orders.tasks.expire_unpaid_orders")
            shop.wait_until(lambda: Order.objects.get(pk=overdue.pk).status == "expired")
            took = shop.seconds_until_all_is_done(since=time.monotonic())
        finally:
            shop.set_workers_clock(wrong_by=timedelta(0))

        assert wrong_rows(assortment) == {}
        assert Order.objects.get(pk=in_time.pk).status == "placed"
        bought = [purchase.order.pk for purchase in assortment.purchases]
        noted = [
            *Ground.objects.filter(order_id__in=bought).values_list("starts_at", flat=True),
            *Mail.objects.filter(order_id__in=bought).values_list("sent_at", flat=True),
        ]
        assert all(began <= moment <= timezone.now() for moment in noted)
    trial.note("orders, each with all handlers", orders)
    trial.note("moments noted by the worker, all right", len(noted))
    trial.note("all done after, s", round(took, 1))
    assert took < RECOVERED_WITHIN_SECONDS
