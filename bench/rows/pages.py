"""3. Pages of the shop under load, against the same templates filled from constants."""

from __future__ import annotations

from collections.abc import Callable

from bench.harness import Report, in_turns
from bench.servers import Servers
from bench.sizes import Sizes
from bench.traffic import CONCURRENCY, Visitor, requests_a_second
from bench.world import PACK

CONSTANT_AT_MOST = 2.0
LINES_IN_CART = 5
# Seconds of requests that fill the memories of all web processes.
WARM_UP_SECONDS = 0.5
# Requests per second of the peers at the same concurrency, each on its own machine: they rank, no more.
PEERS = {"storefront": "peers: 27 and 3 to 9", "entry": "peers: 90 and 87", "cart": ""}


def measure(report: Report, sizes: Sizes, servers: Servers) -> None:
    visitor = Visitor(servers.base_url)
    for number in range(LINES_IN_CART):
        visitor.get(f"/e/E-{number + 10}/")
        visitor.post(quantity="2")
    headers = {"Cookie": visitor.cookie, "Accept-Language": "en"}
    pages = {"storefront": "/", "entry": f"/e/{PACK}/", "cart": "/cart/"}

    def rate(name: str, path: str) -> Callable[[], dict[str, float]]:
        return lambda: {name: requests_a_second(servers.base_url, path, seconds=sizes.page_seconds, headers=headers)}

    for name, path in pages.items():
        for warm in (path, f"/constant{path}"):
            requests_a_second(servers.base_url, warm, seconds=min(WARM_UP_SECONDS, sizes.page_seconds), headers=headers)
        found = in_turns(rate("real", path), rate("constant", f"/constant{path}"), rounds=sizes.rounds)
        report.compare(
            f"{name} page, {CONCURRENCY} visitors / filled from constants",
            found["real"],
            "requests/s",
            reference=found["constant"],
            limit=CONSTANT_AT_MOST,
            higher_is_better=True,
            remark=PEERS[name],
        )
