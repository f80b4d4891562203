"""Killed: Postgres"""

from __future__ import annotations

import signal
import time

import pytest

from tests.ordeal import Trial
from tests.trials.killed.census import wrong_rows
from tests.trials.killed.killable_shop import RECOVERED_WITHIN_SECONDS, KillableShop
from tests.trials.killed.purchases import Assortment
from tests.trials.killed.visitor import Visitor

pytestmark = pytest.mark.xdist_group("killable_shop")


def test_postgres_restarted(killable_shop: KillableShop, trial: Trial):
    """Postgres stopped and crashed while workers work: a clear 503 meanwhile, then all goes on by itself"""
    restarts = trial.size(1, 6)
    shop, visitor = killable_shop, Visitor(killable_shop.base_url)
    closed = []

    def look_at_the_closed_shop() -> None:
        closed.extend(visitor.get(path) for path in ("/", "/cart/", "/readyz"))

    took = []
    with shop.at_hand():
        assortment = Assortment()
    for number in range(restarts):
        with shop.at_hand(), shop.worker_is_at_it_afterwards():
            assortment.buy(2)
        how = (signal.SIGQUIT, signal.SIGINT)[number % 2]
        shop.restart_postgres(how, meanwhile=look_at_the_closed_shop)
        back = time.monotonic()
        assert visitor.get("/").status == 200
        assert visitor.get(f"/e/{assortment.seats.code}/").status == 200
        took.append(shop.seconds_until_all_is_done(since=back))

    assert {page.status for page in closed} == {503}
    assert "The shop is closed for a moment" in closed[0].body
    with shop.at_hand():
        assert wrong_rows(assortment) == {}
    trial.note("restarts, the first and every second one after a crash", restarts)
    trial.note("orders, each with all handlers", len(assortment.purchases))
    trial.note("pages asked for meanwhile, all answered by 503", len(closed))
    trial.note("longest recovery, s", round(max(took), 1))
    assert max(took) < RECOVERED_WITHIN_SECONDS
