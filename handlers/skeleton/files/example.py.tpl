"""Example of use, over which the contract's rules are run."""

from handlers.registry import $finder
from handlers.testing import Case


def example() -> Case:
    handler = $find_it
    assert handler is not None
    return Case(
        handler=handler,
        typed={"notice": "Thank you & see you soon."},
        answers=lambda count: [{"beneficiary": f"Marie Dupont {number}"} for number in range(count)],
    )
