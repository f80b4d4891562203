"""`python -m bench`: print the table, and end with 1 when a ratio is over its limit.

A whole run writes bench/results.json and the table in docs/scaling.md; with `--results` it writes there alone.
"""

from __future__ import annotations

import argparse
import logging
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from bench.harness import Report, seconds
from bench.servers import GROWN, Servers, bench_servers
from bench.sizes import FULL, TINY, Sizes

PARTS = [
    "seats", "session", "deliveries", "searches", "forms", "lists", "acts", "pages", "desk", "purchases", "throughput",
    "queue", "books", "documents",
]  # fmt: skip
# Parts that need neither the small nor the grown shop.
OF_YOUNG = {"books", "documents"}
RESULTS = Path(__file__).parent / "results.json"
PAGE = Path(__file__).parents[1] / "docs" / "scaling.md"


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--tiny", action="store_true", help="only to see that it works: the figures say nothing")
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--only", nargs="*", metavar="ROWS", help=" ".join(PARTS))
    asked = parser.parse_args(arguments)
    report = Report()
    # On SIGTERM the blocks below are left in good order, so that nothing is left behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with bench_servers() as servers:
        run(report, TINY if asked.tiny else FULL, servers, set(asked.only or ()))
    report.write(asked.results)
    if asked.results == RESULTS and not asked.only:
        report.write_into(PAGE)
    print(report.table())
    for row in report.over:
        print(f"OVER ITS LIMIT: {row.name}: {row.ratio} > {row.limit}")
    return 1 if report.over and not asked.tiny else 0


def run(report: Report, sizes: Sizes, servers: Servers, only: set[str]) -> None:
    """Run the measurements; sets up Django, whose settings need the servers' addresses."""
    import django

    django.setup()
    # A worker's log lines about each job would hide the table.
    logging.getLogger().setLevel(logging.WARNING)
    from bench import world
    from bench.rows import (
        acts,
        books,
        deliveries,
        desk,
        documents,
        forms,
        lists,
        pages,
        purchases,
        queue,
        searches,
        seats,
        session,
        throughput,
    )

    def part(name: str, measure: Callable[..., None], *more: object) -> None:
        if not only or name in only:
            took = seconds(lambda: measure(report, sizes, *more))
            print(f"{name}: {took:.0f} s", file=sys.stderr)

    world.make_young(sizes)
    part("books", books.measure)
    part("documents", documents.measure)
    if only and only <= OF_YOUNG:
        return
    world.make_small(sizes)
    print(f"grown shop: {seconds(lambda: world.make_grown(sizes)):.0f} s", file=sys.stderr)
    part("seats", seats.measure)
    part("session", session.measure)
    part("deliveries", deliveries.measure)
    part("searches", searches.measure)
    part("forms", forms.measure)
    part("lists", lists.measure)
    part("acts", acts.measure)
    with world.at(GROWN), servers.web() as web:
        part("pages", pages.measure, servers)
        part("desk", desk.measure, servers)
        part("lists", lists.measure_meanwhile, servers)
        world.no_job_waits()
        part("purchases", purchases.measure, servers)
        part("throughput", throughput.measure, servers, web)
        part("queue", queue.measure, servers)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
