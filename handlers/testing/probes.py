"""Probes that the rules of the contract use on a handler."""

from __future__ import annotations

import ast
import inspect
import os
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
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


WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_APPEND
PROGRAMS = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork", "os.forkpty", "os.startfile")
CHANGES_OF_FILES = (
    "os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.truncate", "os.link", "os.symlink", "os.chmod", "os.chown",
    "shutil.rmtree", "tempfile.mkstemp", "tempfile.mkdtemp",
)  # fmt: skip
_watch = {"is_on": False, "is_known": False}


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if not _watch["is_on"]:
        return
    if event in PROGRAMS:
        raise AssertionError(f"a handler started a program: {arguments[0]!r}")
    if event in CHANGES_OF_FILES:
        raise AssertionError(f"a handler changed a file: {event} {arguments[0]!r}")
    # Python itself writes what it has compiled.
    if event == "open" and (arguments[2] or 0) & WRITING and "__pycache__" not in str(arguments[0]):
        raise AssertionError(f"a handler wrote a file: {arguments[0]!r}")


@contextmanager
def no_files_or_programs() -> Iterator[None]:
    """Make every attempt to write or change a file, or to start a program, fail."""
    if not _watch["is_known"]:
        sys.addaudithook(_audit)  # it can never be removed, so it is there once and looks away outside the block
        _watch["is_known"] = True
    _watch["is_on"] = True
    try:
        yield
    finally:
        _watch["is_on"] = False


def translated_at_import(handler: Handler) -> list[str]:
    """Return file and line of each text of the package that is translated while it is imported, in one language for
    good."""
    file = Path(inspect.getfile(type(handler)))
    files = sorted(file.parent.rglob("*.py")) if file.name == "handler.py" else [file]
    return [f"{each.name}:{line}" for each in files for line in _eager_lines(ast.parse(each.read_text()))]


def _eager_lines(module: ast.Module) -> Iterator[int]:
    eager = {"gettext", "ngettext", "pgettext", "npgettext"}
    names = {
        alias.asname or alias.name
        for node in ast.walk(module)
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation"
        for alias in node.names
        if alias.name in eager
    }
    waiting: list[ast.AST] = [module]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue  # runs later
        if isinstance(node, ast.Call):
            called = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            if called in names or (isinstance(node.func, ast.Attribute) and called in eager):
                yield node.lineno
        waiting += ast.iter_child_nodes(node)


def everything() -> dict[str, list[tuple[Any, ...]]]:
    """Return every row of every table, those of an integrator's own application included."""
    models = [model for model in apps.get_models() if model._meta.app_label not in DJANGO_S_OWN]
    return {model._meta.label: sorted(model._base_manager.values_list(), key=repr) for model in models}


def assert_nothing_stands_on(line: LineContext) -> None:
    """Assert that no enrolment and no usable seat stands on the line; an enrolment may stand on other lines still."""
    assert not Ground.objects.live().filter(line_id=line.line_id).exists()
    of_others = Ground.objects.live().exclude(line_id=line.line_id)
    stand = Enrolment.objects.open().filter(grounds__line_id=line.line_id).exclude(grounds__in=of_others)
    assert not stand.exists()
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
