"""Killed: clocks"""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from django.utils import timezone

from enrolments.models import Ground
from outbox.models import Mail
from shop.models import Order
from tests.ordeal import Trial
from tests.trials.killed.census import wrong_rows
from tests.trials.killed.killable_shop import RECOVERED_WITHIN_SECONDS, KillableShop, wait_until
from tests.trials.killed.purchases import Assortment
from tests.trials.killed.spoiling.apps import CLOCK_IS_WRONG_BY

pytestmark = pytest.mark.xdist_group("killable_shop")


@pytest.mark.parametrize("hours", [-12, 12])
def test_a_worker_whose_clock_is_wrong(killable_shop: KillableShop, trial: Trial, hours: int):
    """The only worker's clock is half a day wrong: it does what is due, and nothing that is not"""
    orders = trial.size(1, 10)
    shop = killable_shop
    with shop.at_hand():
        assortment, others = Assortment(), Assortment()
        overdue, in_time = (purchase.order for purchase in others.place(2))
        Order.objects.filter(pk=overdue.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
        shop.replace_worker(**{CLOCK_IS_WRONG_BY: str(hours * 3600)})
        try:
            began = timezone.now()
            assortment.buy(orders)
            took = shop.seconds_until_all_is_done(since=time.monotonic())
            shop.celery().send_task("shop.tasks.expire_unpaid_orders")
            wait_until(lambda: Order.objects.get(pk=overdue.pk).status == "expired")
        finally:
            shop.replace_worker()
        shop.seconds_until_all_is_done(since=time.monotonic())

        assert wrong_rows(assortment) == {}
        assert Order.objects.get(pk=in_time.pk).status == "placed"
        times = [
            *Ground.objects.filter(enrolment__course__in=assortment.courses).values_list("starts_at", flat=True),
            *Mail.objects.filter(order_id__in=[one.order.pk for one in assortment.purchases]).values_list(
                "sent_at", flat=True
            ),
        ]
    assert all(began <= at <= timezone.now() for at in times)
    trial.note("hours by which it is wrong", hours)
    trial.note("orders, each with all handlers", orders)
    trial.note("moments noted by the worker, all right", len(times))
    assert took < RECOVERED_WITHIN_SECONDS
