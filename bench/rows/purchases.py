"""4. A whole purchase over HTTP for each handler: every step, and the wait for the task."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from bench.harness import Report, in_turns
from bench.servers import Servers, wait_until
from bench.sizes import Sizes
from bench.traffic import Visitor
from bench.world import COURSE, DIPLOMA, PACK, SESSION, buyer_details, participants
from shop.orders.models import Order

WORKER_PROCESSES = 2
PEOPLE = 3
DELIVERED_WITHIN = 60
# A browser's, from the entry to the order paid: none is asked for twice. Units are a page and a form more.
REQUESTS = 13
# The purchase against as many pages filled from constants.
BARE_AT_MOST = 4.5
PAGES = ("cart", "units", "details", "order", "pay")
STEPS = (*PAGES, "delivered")
HANDLERS = {
    "std_generateseats": PACK,
    "std_setuponecoursesession": SESSION,
    "std_enroloncourse": COURSE,
    "ext_paperdiploma": DIPLOMA,
}


def measure(report: Report, sizes: Sizes, servers: Servers) -> None:
    with servers.worker(WORKER_PROCESSES):
        for handler, code in HANDLERS.items():
            found = in_turns(partial(_purchase, servers, code), rounds=sizes.purchases)
            pages = sum(value for name, value in found.items() if name in PAGES)
            report.compare(
                f"{handler}: purchase, pages together / filled from constants",
                pages,
                "s",
                reference=found["bare"],
                limit=BARE_AT_MOST,
                remark=PEERS,
            )
            for step in STEPS:
                if step in found:
                    report.figure(f"{handler}: {WORDS[step]}", found[step], "s")
            least = REQUESTS + (2 if "units" in found else 0)
            report.compare(f"{handler}: requests", found["requests"], "requests", reference=least, limit=1)


PEERS = "peers: 0.24 to 0.46 from cart to paid"
WORDS = {
    "cart": "into the cart",
    "units": "units",
    "details": "details, and the review",
    "order": "order placed",
    "pay": "paid by card",
    "delivered": "wait for the task",
}


def _purchase(servers: Servers, code: str) -> dict[str, float]:
    visitor, took = Visitor(servers.base_url), {}

    @contextmanager
    def step(name: str) -> Iterator[None]:
        began = time.perf_counter()
        yield
        took[name] = time.perf_counter() - began

    asks = {SESSION: PEOPLE, DIPLOMA: 1}.get(code, 0)
    with step("cart"):
        visitor.get(f"/e/{code}/")
        visitor.post(quantity=str(asks or 1))
        visitor.post(action="/cart/", **{"continue": "1"})
    if asks:
        with step("units"):
            visitor.post(next="1", **_answers(visitor, code))
    with step("details"):
        visitor.post(**buyer_details())
    with step("order"):
        visitor.post(accept_terms="on", start_at_once="on")
    token = visitor.url.split("/")[2]
    with step("pay"):
        visitor.post(action="/pay/", provider="sandbox", pay="1")
        visitor.post(choice="succeed")
    with step("delivered"):
        wait_until(Order.objects.filter(token=token, status=Order.Status.COMPLETED).exists, within=DELIVERED_WITHIN)
    requests = visitor.requests
    with step("bare"):
        for _request in range(requests):
            visitor.get(f"/constant/e/{code}/")
    return took | {"requests": requests}


def _answers(visitor: Visitor, code: str) -> dict[str, str]:
    """Return the answers for the micro-forms of the page, found by the names of their fields."""
    names = [name for form in visitor.forms() for name in form.fields if name.startswith("unit-")]
    prefixes = sorted({name.rpartition("-")[0] for name in names})
    if code == SESSION:
        typed = participants(len(prefixes))
    else:
        typed = [{"name": "Ann Petit", "address": "Ann Petit\n3 rue du Port\n44000 Nantes"}] * len(prefixes)
    return {
        f"{prefix}-{name}": value
        for prefix, answers in zip(prefixes, typed, strict=True)
        for name, value in answers.items()
    }
