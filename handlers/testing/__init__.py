"""Kit with which integrators test their handlers; needs pytest, and is imported by tests alone.

A handler's package describes its use in a module ``example.py``, by a function ``example()`` that returns a ``Case``.
Every rule of the contract is then run over it, by the shop's own tests and by those of the package:

    @pytest.mark.django_db
    @pytest.mark.parametrize("rule", RULES, ids=rule_name)
    def test_the_contract_is_kept(rule):
        rule(example_of("ext_diploma"))

Besides the rules there are the means of an integrator's own tests: courses and people (``make_course``,
``make_person``, ``account_with_operator``), lines (``case.line()``, ``case.visitor_line()``), and the shop's steps
(``place``, ``deliver``, ``claim``, ``revoke``).
"""

import pytest

# The rules are plain assertions; pytest explains only those of modules registered before they are imported.
pytest.register_assert_rewrite("handlers.testing.rules", "handlers.testing.case", "handlers.testing.probes")

from handlers.testing.case import Case, example_of  # noqa: E402
from handlers.testing.engine import claim, deliver, draft, line_context, parameters, place, revoke, units, visitor_line  # noqa: E402
from handlers.testing.rules import RULES, Rule, rule_name  # noqa: E402
from handlers.testing.world import account_with_operator, make_account, make_course, make_person  # noqa: E402

__all__ = [
    "RULES",
    "Case",
    "Rule",
    "account_with_operator",
    "claim",
    "deliver",
    "draft",
    "example_of",
    "line_context",
    "make_account",
    "make_course",
    "make_person",
    "parameters",
    "place",
    "revoke",
    "rule_name",
    "units",
    "visitor_line",
]
