"""Reading the tables of rules: a line for each address and method, a column for each role."""

from __future__ import annotations

from tests.matrix.rules import CUSTOMERS

EVERYBODY = ("visitor", "customer", "administrator")


def rules_in(*tables: str) -> dict[tuple[str, str], dict[str, str]]:
    """Return (address, method) → role → outcome. Text after a `#` is a remark."""
    rules: dict[tuple[str, str], dict[str, str]] = {}
    for table in tables:
        header, *lines = rows_of(table)
        for name, method, *outcomes in lines:
            if (name, method) in rules:
                raise ValueError(f"{name} {method} has two rules.")
            roles = header
            if len(outcomes) == 1:
                roles, outcomes = EVERYBODY, outcomes * len(EVERYBODY)
            turn = len(rules)
            rules[name, method] = {
                one_of_the_customers(turn) if role == "customer" else role: outcome
                for role, outcome in zip(roles, outcomes, strict=True)
            }
    return rules


def rows_of(table: str) -> list[list[str]]:
    """Return the words of each line, empty lines left out."""
    return [words for line in table.splitlines() if (words := line.partition(" #")[0].split())]


def one_of_the_customers(turn: int) -> str:
    return CUSTOMERS[turn % len(CUSTOMERS)]
