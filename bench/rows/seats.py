"""1. Ten thousand seats in one order, with their history, in a young shop and in one that has sold a million."""

from __future__ import annotations

from django.db import connection

from bench.bare import against_bare
from bench.harness import Report, in_turns, seconds
from bench.servers import GROWN, YOUNG
from bench.sizes import Sizes
from bench.world import MANY, PACK, at, deliver, only_deliveries_wait, paid_order
from shop.orders.models import Order

PACK_SIZE = 10
# 1.0 is promised; INSERT … SELECT does it in a third of the time.
BARE_AT_MOST = 0.6
GROWN_AT_MOST = 1.2


def measure(report: Report, sizes: Sizes) -> None:
    def in_young() -> dict[str, float]:
        with at(YOUNG):
            order = _waiting_order(sizes)
            young, bare = against_bare(lambda: deliver(order))
        return {"young": young, "bare": bare}

    def in_grown() -> dict[str, float]:
        with at(GROWN):
            order = _waiting_order(sizes)
            return {"grown": seconds(lambda: deliver(order))}

    found = in_turns(in_young, in_grown, rounds=sizes.rounds)
    name = f"delivery of {sizes.seats_an_order:,} seats"
    report.compare(f"{name} / bare INSERTs", found["young"], "s", reference=found["bare"], limit=BARE_AT_MOST)
    report.compare(
        f"{name}, {sizes.seats_sold:,} sold / none sold",
        found["grown"],
        "s",
        reference=found["young"],
        limit=GROWN_AT_MOST,
    )
    with at(GROWN), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_total_relation_size('enrolments_seat') + pg_total_relation_size('enrolments_seatevent')"
        )
        [size] = cursor.fetchone()
    report.figure(f"{sizes.seats_sold:,} seats and their history on disk, with indexes", size / 1_000_000, "MB")


def _waiting_order(sizes: Sizes) -> Order:
    order = paid_order(PACK, quantity=sizes.seats_an_order // PACK_SIZE, by=MANY)
    only_deliveries_wait()
    return order
