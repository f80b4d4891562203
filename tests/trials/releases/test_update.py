"""Updates: the last release's programs on new tables, and new ones on its rows"""

from __future__ import annotations

import threading
from collections import Counter
from contextlib import contextmanager

import pytest

from tests.databases import migrated_database
from tests.ordeal import Trial
from tests.trials.killed.visitor import Visitor
from tests.trials.releases.last_programs import last_programs, run
from tests.trials.releases.rolling_shop import Side, rolling_shop
from workbench.demo.people import PASSWORD

pytestmark = pytest.mark.long

ENTRY = "EXCEL-SOLO"
OWNER, MERCHANT = "paul@lacombe.example", "merchant@demo.example"
# Pages that read what purchases write.
PAGES_OF_OWNER = ("/account/", "/learn/", "/cart/")
PAGES_OF_MERCHANT = (
    "/admin/",
    "/admin/shop/order/",
    "/admin/outbox/job/",
    "/admin/outbox/mail/",
    "/admin/shop/paymentevent/",
)
# Tests of the last release that follow people from the purchase to the end: accounts and visitors, payment, delivery,
# seats assigned, entered and given back.
STORIES = (
    "tests/shop/test_real_purchases.py",
    "tests/enrolments/seats/test_life_of_seats.py",
    "tests/enrolments/seats/test_enter_course.py",
    "tests/shop/orders/test_giving_back.py::test_some_units_go_with_their_seats_and_the_rest_stays",
    "tests/shop/orders/test_giving_back.py::test_the_order_is_refunded_with_its_last_unit_and_the_parts_add_up",
)


def test_an_update_loses_no_sale(trial: Trial):
    """Sold by the last release before, while and after its tables are migrated, by both at once, and by it again"""
    with rolling_shop() as shop:
        last, this = shop.last, shop.this
        demo_jobs = shop.ask("SELECT max(id) FROM outbox_job")[0][0]
        last.start("web")
        in_cart, placed, paid = last.visitor(), last.visitor(), last.visitor()
        in_cart.fill_in(ENTRY, email="cart@rolled.example")
        placed_order = place(placed, "placed")
        paid_order = place(paid, "paid")
        pay(paid, paid_order)
        assert shop.status(paid_order) == "paid"  # no worker runs: its job waits for the next release

        with sold_meanwhile(last) as sold:
            this.manage("migrate")
        trial.note("purchases begun while the tables were migrated, by their last answer", dict(sold))
        assert set(sold) == {200}, sold

        last.start("worker", "beat")
        after = last.visitor()
        after_order = place(after, "after")
        pay(after, after_order)
        shop.wait_for(after_order, paid_order)
        last.stop("worker")

        this.start("web", "worker")
        go_to(this, in_cart)
        carried_order = press_order(in_cart, email="cart@rolled.example")
        pay(in_cart, carried_order)
        go_to(this, placed)
        pay(placed, placed_order)
        shop.wait_for(carried_order, placed_order)
        everybody_reads(this)

        back = this.visitor()
        back_order = place(back, "back")
        this.stop("web", "worker")
        last.start("worker")
        go_to(last, back)
        pay(back, back_order)
        shop.wait_for(back_order)
        everybody_reads(last)

        # The demo itself has a mail that comes too late.
        assert shop.ask(f"SELECT key, last_error FROM outbox_job WHERE state = 'dead' AND id > {demo_jobs}") == []
        trial.note("orders begun with one release and paid with the other", 3)
        trial.note("jobs dead", 0)


def test_the_last_release_s_own_tests_pass_on_the_new_tables():
    """The last release's stories of purchases, seats and givings back, told on the tables of this one"""
    migrated_database()
    told = run(last_programs(), {}, "-m", "pytest", "-q", "-n0", "-p", "no:randomly", *STORIES)
    assert " passed" in told


def place(visitor, name: str) -> str:
    """Place an order; return the path of its page."""
    visitor.fill_in(ENTRY, email=f"{name}@rolled.example")
    return press_order(visitor, email=f"{name}@rolled.example")


def press_order(visitor, email: str) -> str:
    """Place the order reviewed; a review that another release drew may be shown once more, to be confirmed, and details
    may be asked for that the other release did not."""
    page = visitor.press_order()
    if page.path == "/checkout/details/":
        Visitor.type_details(visitor, email)
        page = visitor.press_order()
    if page.path == "/checkout/review/":
        page = visitor.press_order()
    assert page.path.startswith("/orders/"), (page.status, page.path, page.body[-3000:])
    return page.path


def pay(visitor, order_path: str) -> None:
    visitor.choose_card(order_path)
    page = visitor.press_pay()
    assert (page.status, page.path) == (200, order_path), (page.status, page.path, page.body[-3000:])


def go_to(side: Side, visitor) -> None:
    """Send a visitor's next requests to the other release, cookies and all, as a proxy does."""
    visitor.base_url = side.base_url


@contextmanager
def sold_meanwhile(side: Side):
    """Sell all the time within the block; count the purchases by the status of their last page."""
    sold: Counter[object] = Counter()
    over = threading.Event()

    def sell() -> None:
        while True:
            visitor = side.visitor()
            try:
                pay(visitor, place(visitor, f"meanwhile{sum(sold.values())}"))
                sold[visitor.page.status] += 1
            except Exception as error:
                sold[f"{type(error).__name__}: {error}"[:2000]] += 1
            if over.is_set():
                return

    seller = threading.Thread(target=sell)
    seller.start()
    try:
        yield sold
    finally:
        over.set()
        seller.join()


def everybody_reads(side: Side) -> None:
    """Let the owner of an account and the merchant open pages of rows that either release wrote."""
    for person, pages in ((OWNER, PAGES_OF_OWNER), (MERCHANT, PAGES_OF_MERCHANT)):
        visitor = side.visitor()
        visitor.get("/auth/login/")
        visitor.post("/auth/login/", login=person, password=PASSWORD)
        for path in pages:
            page = visitor.get(path)
            assert (page.status, "/auth/" in page.path) == (200, False), (side.name, person, page.status, page.path)
