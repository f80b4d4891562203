"""8. Searches of the administration in a shop with 300,000 orders, against a small one."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from bench.harness import Report, in_turns, seconds
from bench.history import address_of, customer_of, name_of, participant_of
from bench.inside import Shop
from bench.servers import GROWN, SMALL
from bench.sizes import Sizes
from bench.world import SESSION
from shop.orders.models import Order

SMALL_AT_MOST = 1.5
EVERYTHING = "/admin/search/"
PAGES = {
    "everything": EVERYTHING,
    "orders": "/admin/shop/order/",
    "seats": "/admin/enrolments/seat/",
    "mails": "/admin/outbox/mail/",
    "people": "/admin/accounts/user/",
    "accounts": "/admin/accounts/customeraccount/",
    "payments": "/admin/shop/payment/",
    "jobs": "/admin/outbox/job/",
}


def measure(report: Report, sizes: Sizes) -> None:
    small, grown = _Searched(SMALL, sizes.orders_few), _Searched(GROWN, sizes.orders_sold)
    for name in small.searches:
        found = in_turns(small.taking(name), grown.taking(name), rounds=3 * sizes.rounds)
        report.compare(
            f"search of {name}, {sizes.orders_sold:,} orders / {sizes.orders_few:,}",
            found[GROWN],
            "s",
            reference=found[SMALL],
            limit=SMALL_AT_MOST,
        )


class _Searched(Shop):
    """Shop in which a merchant looks for things: by the whole page of the list, made in this process."""

    def __init__(self, database: str, orders: int) -> None:
        super().__init__(database)
        with self.open():
            self.searches = {name: (page, typed) for name, page, typed in _searches(orders)}

    def taking(self, name: str) -> Callable[[], dict[str, float]]:
        """Return a measure of a search."""
        page, typed = self.searches[name]
        asked = {"s" if page == EVERYTHING else "q": typed}

        def took() -> dict[str, float]:
            with self.open():
                return {self.database: seconds(lambda: self.show_merchant(page, **asked))}

        return took


def _searches(orders: int) -> Iterator[tuple[str, str, str]]:
    """Yield the searches in a shop of so many orders: name, page, text typed."""
    wanted = orders * 2 // 3
    order = Order.objects.get(number=f"H-{wanted}")
    customer, person = customer_of(wanted, orders), participant_of(wanted, orders)
    number, reference, amount = order.number, f"VIR-{wanted}", f"{order.gross:.2f}"
    for where, what, typed in (
        ("orders", "number", number),
        ("orders", "bank reference", reference),
        ("orders", "amount", amount),
        ("orders", "entry code", SESSION),
        ("orders", "customer", name_of(customer)),
        ("orders", "operator", address_of(customer)),
        ("orders", "participant", name_of(person)),
        ("orders", "purchase reference", f"PO-{wanted}"),
        ("seats", "order number", number),
        ("seats", "customer", name_of(customer)),
        ("seats", "participant", name_of(person)),
        ("mails", "order number", number),
        ("mails", "customer", name_of(customer)),
        ("mails", "address", address_of(customer)),
        ("people", "name", name_of(person)),
        ("accounts", "name", name_of(customer)),
        ("payments", "bank reference", reference),
        ("payments", "amount", amount),
        ("jobs", "key", f"fulfil_line:{order.pk}:0"),
        ("everything", "name", name_of(customer)),
        ("everything", "order number", number),
    ):
        yield f"{where} by {what}", PAGES[where], typed
