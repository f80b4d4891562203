"""Promises of $name."""

import pytest

from handlers.testing import RULES, Rule, deliver, example_of, place, rule_name

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("rule", RULES, ids=rule_name)
def test_the_contract_is_kept(rule: Rule) -> None:
    rule($example)


def test_the_customer_reads_in_their_language_that_the_units_are_noted() -> None:
    case = $example
    line = case.line(2)
    place(case.handler, line)

    said = deliver(case.handler, line).in_every_language()

    assert said["customer"]["en"].splitlines()[0] == "2 units have been noted."
    assert said["customer"]["fr"].splitlines()[0] == "2 unités ont été notées."
