"""A handler with an example of its use, and what the rules of the contract look at it with."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.emails import normalise_email
from enrolments.models import Enrolment, Ground, Seat
from handlers.contract import (
    Handler,
    LineContext,
    UnitContext,
)
from tests.factories.handlers import (
    account_with_operator,
    line_context,
    parameters,
    units,
    visitor_line,
)

FEW, MANY = 3, 30
ENGINE_S_OWN = ("SAVEPOINT", "RELEASE", "ROLLBACK")


def _nothing(*_args: Any) -> None:
    """The default of what a case may do."""


@dataclass(frozen=True)
class Case:
    """A handler, and an example of its use.

    ``typed`` are internal parameters as a merchant types them, in the spelling the form keeps, every
    one that exists. ``prepare`` makes the courses and roles they name, with places enough. ``answers``
    gives the answers of that many micro-forms. ``spoil`` changes the world after checkout so that
    delivery is refused; None for a handler that never refuses.
    """

    handler: Handler
    typed: dict[str, Any] = field(default_factory=dict)
    prepare: Callable[[], object] = _nothing
    answers: Callable[[int], list[dict[str, Any]]] = lambda count: [{}] * count
    spoil: Callable[[], object] | None = None
    specific: bool = False

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
        """What the handler's check sees of a catalogue entry."""
        return SimpleNamespace(
            code="ENTRY", parameters=self.parameters, min_quantity=1, max_quantity=None, audience="everyone"
        )

    def units(self, count: int) -> tuple[UnitContext, ...]:
        """Units with answers as the shop stores them: cleaned by the micro-form."""
        if self.handler.UnitForm is None:
            return units(blank=count)
        forms = [self.handler.UnitForm(answers) for answers in self.answers(count)]
        for form in forms:
            assert form.is_valid(), form.errors
        return units(*[form.cleaned_data for form in forms])

    def line(self, count: int = 1, **others: Any) -> LineContext:
        account, operator = account_with_operator()
        return line_context(
            self.handler, account=account, operator=operator, units=self.units(count), typed=self.typed, **others
        )

    def visitor_line(self, count: int = 1, **others: Any) -> LineContext:
        return visitor_line(self.handler, units=self.units(count), typed=self.typed, **others)


class Failure(Exception):
    """What a broken statement raises; nobody but this suite knows it."""


@contextmanager
def failing_at(number: int) -> Iterator[None]:
    """The statement of that number, counted from 1, fails instead of running."""
    seen = 0

    def run(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal seen
        if not sql.startswith(ENGINE_S_OWN):
            seen += 1
            if seen == number:
                raise Failure
        return execute(sql, params, many, context)

    with connection.execute_wrapper(run):
        yield


@contextmanager
def no_network() -> Iterator[None]:
    """Every attempt to look up or reach another machine fails. The database driver is not affected."""

    def refuse(*_args: Any, **_options: Any) -> Any:
        raise AssertionError("a handler reached for the network")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", refuse)
        patch.setattr(socket.socket, "connect_ex", refuse)
        patch.setattr(socket.socket, "sendto", refuse)
        patch.setattr(socket, "getaddrinfo", refuse)
        patch.setattr(socket, "create_connection", refuse)
        yield


def everything() -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table of ours and of the people's addresses."""
    labels = ("outbox", "accounts", "account", "enrolments", "shop", "catalog")
    models = [model for model in apps.get_models() if model._meta.app_label in labels]
    return {model._meta.label: sorted(model._base_manager.values_list(), key=repr) for model in models}


def assert_nothing_stands_on(line: LineContext) -> None:
    """No enrolment and no seat that somebody could use stands on the line."""
    assert not Ground.objects.live().filter(line_id=line.line_id).exists()
    assert not Enrolment.objects.open().filter(grounds__line_id=line.line_id).exists()
    assert standing_units(line) == set()


def standing_units(line: LineContext) -> set[int]:
    seats = Seat.objects.filter(batch__line_id=line.line_id, state__in=["available", "assigned", "consumed"])
    grounds = Ground.objects.live().filter(line_id=line.line_id, unit_id__isnull=False)
    return {*seats.values_list("unit_id", flat=True), *grounds.values_list("unit_id", flat=True)}


def statements(run: Callable[[], object]) -> int:
    with CaptureQueriesContext(connection) as captured:
        run()
    return len(captured)


def addresses(line: LineContext) -> list[str]:
    typed = [answer for unit in line.units for answer in unit.answers.values() if "@" in str(answer)]
    return sorted({normalise_email(email) for email in (*typed, line.contact_email)})
