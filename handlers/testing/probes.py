"""Probes that the rules of the contract use on a handler."""

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
# Tables that no handler writes to, and that change by themselves.
DJANGO_S_OWN = {"admin", "auth", "contenttypes", "sessions"}
# Shorter names occur in other words by chance.
SHORTEST_NAME = 4


class Failure(Exception):
    """Failure of a statement, planted by ``failing_at``; caught by this suite alone."""


@contextmanager
def failing_at(number: int) -> Iterator[None]:
    """Make the statement of that number, counted from 1, fail instead of running."""
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
    """Make every attempt to look up or reach another machine fail. The database driver is not affected."""

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
    """Return every row of every table, those of an integrator's own application included."""
    models = [model for model in apps.get_models() if model._meta.app_label not in DJANGO_S_OWN]
    return {model._meta.label: sorted(model._base_manager.values_list(), key=repr) for model in models}


def assert_nothing_stands_on(line: LineContext) -> None:
    """Assert that no enrolment and no usable seat stands on the line."""
    assert not Ground.objects.live().filter(line_id=line.line_id).exists()
    assert not Enrolment.objects.open().filter(grounds__line_id=line.line_id).exists()
    assert standing_units(line) == set()


def standing_units(line: LineContext) -> set[int | None]:
    """Return the indexes of the units that a seat or an enrolment stands on."""
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
    """Return the texts typed into the micro-forms' text fields: names, addresses and the like."""
    fields = handler.UnitForm.base_fields if handler.UnitForm else {}
    names = [name for name, each in fields.items() if isinstance(each, forms.CharField)]
    typed = {str(unit.answers.get(name) or "") for unit in line.units for name in names}
    return sorted(text for text in typed if len(text) >= SHORTEST_NAME)
