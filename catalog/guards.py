"""Questions to the floor above: which entries were sold, who is a customer, and how prices are typed.

The catalogue asks, the shop answers: it registers its answers when the applications are ready.
Unanswered questions are answered by "none" and "no", so that the catalogue stands by itself.
"""

from collections.abc import Callable, Collection
from typing import Protocol

from common.registry import Registry


class Person(Protocol):
    """A signed-in person, known to the shop by `pk`."""

    @property
    def pk(self) -> int: ...


SoldCheck = Callable[[Collection[int]], set[int]]
CustomerCheck = Callable[[Person], bool]


class PriceCheck(Protocol):
    """Answer of the floor above to how prices are typed."""

    def __call__(self, *, keeps: bool) -> bool: ...


# `check(entry_ids)` returns the entries that stand on an order line.
SOLD_CHECKS: Registry[SoldCheck] = Registry("check of what was sold")
# `check(user)` tells whether a person has a paid order.
CUSTOMER_CHECKS: Registry[CustomerCheck] = Registry("check of customers")
# `check(keeps=…)` tells whether prices are typed with tax, and where asked to keeps it so until the transaction ends.
PRICE_CHECKS: Registry[PriceCheck] = Registry("check of prices")


def sold_among(entry_ids: Collection[int]) -> set[int]:
    """Return the entries that were ever sold."""
    return {entry_id for check in SOLD_CHECKS for entry_id in check(entry_ids)}


def is_customer(user: Person) -> bool:
    """Tell whether ``user`` has a paid order."""
    return any(check(user) for check in CUSTOMER_CHECKS)


def prices_include_tax(*, keeps: bool = False) -> bool:
    """Tell whether prices are typed with tax; with `keeps` it stays so until the transaction ends. One query."""
    return any(check(keeps=keeps) for check in PRICE_CHECKS)
