"""2. A session of a hundred new people."""

from __future__ import annotations

from bench.bare import against_bare
from bench.harness import Report, in_turns
from bench.servers import YOUNG
from bench.sizes import Sizes
from bench.world import MANY, SESSION, at, deliver, only_deliveries_wait, paid_order, participants

BARE_AT_MOST = 3.5


def measure(report: Report, sizes: Sizes) -> None:
    people = sizes.people_a_session

    def session() -> dict[str, float]:
        order = paid_order(SESSION, quantity=people, units=participants(people), by=MANY)
        only_deliveries_wait()
        delivered, bare = against_bare(lambda: deliver(order))
        return {"delivered": delivered, "bare": bare}

    with at(YOUNG):
        found = in_turns(session, rounds=sizes.rounds)
    report.compare(
        f"session of {people} new people / bare INSERTs",
        found["delivered"],
        "s",
        reference=found["bare"],
        limit=BARE_AT_MOST,
    )
