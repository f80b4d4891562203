"""Example of use, over which the contract's rules are run."""

from handlers.registry import get_handler
from handlers.testing import Case


def example() -> Case:
    return Case(
        handler=get_handler("ext_paperdiploma"),
        typed={"title": "First aider at work", "printer": "printer@example.org", "days": 5},
        answers=diplomas,
    )


def diplomas(count: int) -> list[dict[str, str]]:
    return [
        {"name": f"Marie Dupont {number}", "address": f"Marie Dupont {number}\n{number + 1} rue des Lilas\n69003 Lyon"}
        for number in range(count)
    ]
