"""What the rules of the contract look at a handler with."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django import forms
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext

from common.emails import normalise_email
from enrolments.grounds.models import Enrolment, Ground
from enrolments.seats.models import Seat
from handlers.contract import Handler, LineContext

ENGINE_S_OWN = ("SAVEPOINT", "RELEASE", "ROLLBACK")
# Tables that no handler has to do with, and that change by themselves.
DJANGO_S_OWN = {"admin", "auth", "contenttypes", "sessions"}
# Anything shorter stands in other words by chance.
SHORTEST_NAME = 4


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
    """Every row of every table, those of an integrator's own application included."""
    models = [model for model in apps.get_models() if model._meta.app_label not in DJANGO_S_OWN]
    return {model._meta.label: sorted(model._base_manager.values_list(), key=repr) for model in models}


def assert_nothing_stands_on(line: LineContext) -> None:
    """No enrolment and no seat that somebody could use stands on the line."""
    assert not Ground.objects.live().filter(line_id=line.line_id).exists()
    assert not Enrolment.objects.open().filter(grounds__line_id=line.line_id).exists()
    assert standing_units(line) == set()


def standing_units(line: LineContext) -> set[int | None]:
    """The indexes of the units that a seat or an enrolment stands on."""
    seats = Seat.objects.filter(batch__line_id=line.line_id, state__in=["available", "assigned", "consumed"])
    grounds = Ground.objects.live().filter(line_id=line.line_id, unit_index__isnull=False)
    return {*seats.values_list("unit_index", flat=True), *grounds.values_list("unit_index", flat=True)}


def statements(run: Callable[[], object]) -> int:
    with CaptureQueriesContext(connection) as captured:
        run()
    return len(captured)


def addresses(line: LineContext) -> list[str]:
    typed = [answer for unit in line.units for answer in unit.answers.values() if "@" in str(answer)]
    return sorted({normalise_email(email) for email in (*typed, line.contact_email)})


def typed_texts(handler: Handler, line: LineContext) -> list[str]:
    """What was typed into the text fields of the micro-forms: names, addresses and the like."""
    fields = handler.UnitForm.base_fields if handler.UnitForm else {}
    names = [name for name, each in fields.items() if isinstance(each, forms.CharField)]
    typed = {str(unit.answers.get(name) or "") for unit in line.units for name in names}
    return sorted(text for text in typed if len(text) >= SHORTEST_NAME)
