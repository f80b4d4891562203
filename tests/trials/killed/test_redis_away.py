"""Killed: Redis"""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from redis import Redis

from outbox.jobs import doorbell
from shop.orders.models import Order
from tests.ordeal import Trial
from tests.trials.killed.census import wrong_rows
from tests.trials.killed.killable_shop import RECOVERED_WITHIN_SECONDS, KillableShop
from tests.trials.killed.purchases import Assortment
from tests.trials.killed.visitor import Visitor
from workbench import programs

pytestmark = pytest.mark.xdist_group("killable_shop")

# Promise of the trials: a page answers within this time, whatever becomes of Redis.
ANSWERED_WITHIN_SECONDS = 3
# Longer than a client of Redis waits for an answer, however often it tries.
PAUSE_SECONDS = 2


@contextmanager
def flushed(shop: KillableShop) -> Iterator[None]:
    """Empty Redis before and after the block."""
    with client(shop) as redis:
        redis.flushall()
        yield
        redis.flushall()


@contextmanager
def stopped(shop: KillableShop) -> Iterator[None]:
    """Stop Redis, so that its address is closed."""
    shop.redis.stop()
    try:
        yield
    finally:
        shop.redis.restart()


@contextmanager
def paused(shop: KillableShop) -> Iterator[None]:
    """Pause Redis, which then takes connections and answers nothing."""
    os.kill(shop.redis.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(shop.redis.pid, signal.SIGCONT)


@contextmanager
def full(shop: KillableShop) -> Iterator[None]:
    """Leave Redis no memory, which it answers to every write."""
    with client(shop) as redis:
        redis.config_set("maxmemory", "1")
        try:
            yield
        finally:
            redis.config_set("maxmemory", "0")


@contextmanager
def client(shop: KillableShop) -> Iterator[Redis]:
    with Redis(unix_socket_path=str(shop.addresses.redis_socket)) as redis:
        yield redis


@pytest.mark.parametrize("away", [flushed, stopped, paused, full], ids=lambda away: away.__name__)
def test_redis(killable_shop: KillableShop, trial: Trial, away: Callable):
    """Redis away: pages answer, nothing is lost, and what was paid meanwhile is delivered once it is back"""
    orders, seconds = trial.size(1, 2), trial.size(1, 15)
    shop = killable_shop
    visitor = Visitor(shop.base_url)
    with shop.at_hand():
        assortment = Assortment()
        assortment.buy(orders)
        with away(shop):
            gone_until = time.monotonic() + seconds
            assortment.buy(orders)
            visitor.fill_in(assortment.seats.code, email=f"{away.__name__}@shop.example")
            path = visitor.press_order().path
            visitor.choose_card(path)
            assert visitor.press_pay().path == path
            while time.monotonic() < gone_until:
                visitor.get(path)
            assert visitor.get("/").status == 200
            # The worker has done the jobs it had been told of before; no ring can reach it for these.
            assortment.buy(orders)
        took = shop.seconds_until_all_is_done(since=time.monotonic())

        assert wrong_rows(assortment) == {}
        assert Order.objects.get(token=path.split("/")[2]).status == "completed"
    trial.note("orders, each with all handlers", len(assortment.purchases))
    trial.note("pages asked for meanwhile", visitor.pages)
    trial.note("longest answer, ms", round(visitor.slowest * 1000))
    trial.note("recovered after, s", round(took, 1))
    assert visitor.slowest < ANSWERED_WITHIN_SECONDS
    assert took < RECOVERED_WITHIN_SECONDS


def test_redis_pauses_while_a_worker_takes_messages(killable_shop: KillableShop, trial: Trial):
    """Redis pauses again and again while the worker takes its messages: afterwards it takes them as before"""
    rounds = trial.size(2, 25)
    shop = killable_shop
    with shop.at_hand():
        assortment = Assortment()
        celery = shop.celery()
        for _ in range(rounds):
            # More messages than worker processes, and a moment for the worker to begin with them.
            for _ in range(3 * programs.WORKER_PROCESSES):
                celery.send_task(doorbell.TASK)
            time.sleep(random.uniform(0, 0.03))
            with paused(shop):
                time.sleep(PAUSE_SECONDS)
        assortment.buy(1)
        took = shop.seconds_until_all_is_done(since=time.monotonic())

        assert wrong_rows(assortment) == {}
    trial.note("pauses", rounds)
    trial.note("an order paid afterwards is delivered after, s", round(took, 1))
    assert took < RECOVERED_WITHIN_SECONDS
