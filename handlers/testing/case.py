"""Case: a handler with an example of its use."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from accounts.members.models import CustomerAccount
from handlers import registry
from handlers.contract import Handler, LineContext, Units, answers_to_store
from handlers.guard import bare
from handlers.testing.engine import line_context, parameters, units, visitor_line
from handlers.testing.world import account_with_operator, make_account

FEW, MANY = 3, 30


def _nothing(*_args: Any) -> None:
    """Do nothing; the default of a case's optional steps."""


@dataclass(frozen=True)
class Case:
    """Handler, and an example of its use.

    ``typed`` are internal parameters as a merchant types them, in the spelling the form keeps, every one that exists.
    ``prepare`` makes the courses and roles they name, with places enough. ``answers`` gives the answers of that many
    micro-forms. ``owned`` takes their place where units pick something of the buyer's account: it makes that for the
    account given, and returns the answers that pick it. ``spoil`` changes the world after checkout so that delivery is
    refused; None for a handler that never refuses. The defaults are those of the smallest handler: no parameters, no
    courses, blank micro-forms.
    """

    handler: Handler
    typed: dict[str, Any] = field(default_factory=dict)
    prepare: Callable[[], object] = _nothing
    answers: Callable[[int], list[dict[str, Any]]] = lambda count: [{}] * count
    owned: Callable[[CustomerAccount, int], list[dict[str, Any]]] | None = None
    spoil: Callable[[], object] | None = None

    def __post_init__(self) -> None:
        # The rules want the handler's own errors, not those that the shop makes of them.
        object.__setattr__(self, "handler", bare(self.handler))

    def __str__(self) -> str:
        return self.handler.name

    @property
    def quantities(self) -> tuple[int, ...]:
        most = self.handler.max_quantity or MANY
        return tuple(dict.fromkeys(min(quantity, most) for quantity in (FEW, MANY)))

    @property
    def parameters(self) -> dict[str, Any]:
        return parameters(self.handler, **self.typed)

    @property
    def entry(self) -> SimpleNamespace:
        """Catalogue entry as the handler's check sees it."""
        return SimpleNamespace(
            code="ENTRY", parameters=self.parameters, min_quantity=1, max_quantity=None, audience="everyone"
        )

    def units(self, count: int, account: CustomerAccount | None = None) -> Units:
        """Make units with answers as the shop stores them: cleaned by the micro-form."""
        if self.handler.UnitForm is None:
            return units(blank=count)
        typed = self.answers(count) if self.owned is None or account is None else self.owned(account, count)
        forms = [self.handler.UnitForm(answers) for answers in typed]
        for form in forms:
            assert form.is_valid(), form.errors
        return units(*[answers_to_store(form.cleaned_data) for form in forms])

    def line(self, count: int = 1, **others: Any) -> LineContext:
        account, operator = account_with_operator()
        units_bought = self.units(count, account)
        return line_context(
            self.handler, account=account, operator=operator, units=units_bought, typed=self.typed, **others
        )

    def visitor_line(self, count: int = 1, **others: Any) -> LineContext:
        account = make_account()
        units_bought = self.units(count, account)
        return visitor_line(self.handler, account=account, units=units_bought, typed=self.typed, **others)


def example_of(name: str, *, specific: bool = False) -> Case:
    """Return the example of the installed handler ``name``, from ``example()`` in the ``example.py`` beside it.

    Fails with advice when the handler is not installed, or has no example.
    """
    matching = [found for found in registry.installed() if (found.handler.name, found.specific) == (name, specific)]
    assert matching, (
        f"{name} is not installed: is the folder it lies in named in HANDLER_DIRS? "
        f"Handlers that cannot be used: {registry.problems() or 'none'}"
    )
    [found] = matching
    package = type(found.handler).__module__.rpartition(".")[0]
    try:
        module = importlib.import_module(f"{package}.example")
    except ModuleNotFoundError as missing:
        if missing.name != f"{package}.example":
            raise
        raise AssertionError(f"{name} has no example: add example.py with a function example() beside it.") from None
    case: Case = module.example()
    assert case.handler is found.handler, f"The example of {name} is about {case.handler}."
    return case
