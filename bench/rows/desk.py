"""5. The operator's lists with few seats and with a million, with few people and with a hundred thousand; counts."""

from __future__ import annotations

from contextlib import closing

from accounts.members.models import CustomerAccount
from bench import bare
from bench.harness import Report, in_turns, seconds
from bench.servers import Servers
from bench.sizes import Sizes
from bench.traffic import Visitor
from bench.world import FEW, MANY, session_cookie

MANY_AT_MOST = 1.3
PEOPLE_AT_MOST = 1.5
BARE_AT_MOST = 1.5
COUNT = "SELECT batch_id, state, count(*) FROM enrolments_seat WHERE account_id = %s GROUP BY batch_id, state"


def measure(report: Report, sizes: Sizes, servers: Servers) -> None:
    few, many = (Visitor(servers.base_url, cookies=session_cookie(email)) for email in (FEW, MANY))
    of_few, account = (CustomerAccount.objects.get(name=name).pk for name in (FEW, MANY))

    def list_of_few() -> dict[str, float]:
        return {"few": seconds(lambda: few.get(f"/account/{of_few}/seats/"))}

    def list_of_many() -> dict[str, float]:
        return {"many": seconds(lambda: many.get(f"/account/{account}/seats/"))}

    def people_of_few() -> dict[str, float]:
        return {"few people": seconds(lambda: few.get(f"/account/{of_few}/people/"))}

    def people_of_many() -> dict[str, float]:
        return {"many people": seconds(lambda: many.get(f"/account/{account}/people/"))}

    def counts() -> dict[str, float]:
        with closing(bare.client()) as session, session, session.cursor() as cursor:
            return {
                "counts": seconds(lambda: many.get(f"/account/{account}/seats/counts/")),
                "bare": seconds(lambda: (cursor.execute(COUNT, [account]), cursor.fetchall())),
            }

    found = in_turns(list_of_few, list_of_many, people_of_few, people_of_many, counts, rounds=3 * sizes.rounds)
    report.compare(
        f"operator's list, {sizes.seats_sold:,} seats / {sizes.seats_few:,}",
        found["many"],
        "s",
        reference=found["few"],
        limit=MANY_AT_MOST,
    )
    report.compare(
        f"list of people, {sizes.people_many:,} / {sizes.people_few:,}",
        found["many people"],
        "s",
        reference=found["few people"],
        limit=PEOPLE_AT_MOST,
    )
    report.compare(
        f"counts of {sizes.seats_sold:,} seats / bare GROUP BY",
        found["counts"],
        "s",
        reference=found["bare"],
        limit=BARE_AT_MOST,
    )
