"""What only the floor above knows: which entries were sold, and who is a customer.

The catalogue asks, the shop answers: it registers its answers when the applications are ready.
Unanswered questions are answered by "none" and "no", so that the catalogue stands by itself.
"""

from collections.abc import Callable, Collection
from typing import Protocol


class Person(Protocol):
    """Whoever is signed in; the shop knows him by his key."""

    @property
    def pk(self) -> int: ...


SoldCheck = Callable[[Collection[int]], set[int]]
CustomerCheck = Callable[[Person], bool]

_sold_checks: list[SoldCheck] = []
_customer_checks: list[CustomerCheck] = []


def register_sold_check(check: SoldCheck) -> SoldCheck:
    """``check(entry_ids)`` returns those that stand on an order line. Registering twice counts once."""
    if check not in _sold_checks:
        _sold_checks.append(check)
    return check


def register_customer_check(check: CustomerCheck) -> CustomerCheck:
    """``check(user)`` tells whether this person has a paid order."""
    if check not in _customer_checks:
        _customer_checks.append(check)
    return check


def sold_among(entry_ids: Collection[int]) -> set[int]:
    """Which of the entries were ever sold."""
    return {entry_id for check in _sold_checks for entry_id in check(entry_ids)}


def is_customer(user: Person) -> bool:
    """Whether ``user`` has a paid order."""
    return any(check(user) for check in _customer_checks)
