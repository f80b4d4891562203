"""A pytest plugin: trials that run short in `make test` and at full length in `make ordeal`.

A trial is a test that takes the `trial` fixture, which tells its sizes and takes its counts. With `--ordeal` only
trials run, at full size, and their notes become docs/ordeal.md.
"""

from __future__ import annotations

import inspect
import os
import platform
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from tests.servers import PROJECT, is_worker

REPORT = PROJECT / "docs" / "ordeal.md"
NOTED = "ordeal"
INTRODUCTION = """\
# The ordeal

What `make ordeal` did to the shop and what was counted afterwards: real PostgreSQL, Redis, Celery worker and web
server. `make test` runs every trial in a shorter form. Written by the run itself; do not edit.
"""


@dataclass(frozen=True)
class Trial:
    """Length of a trial, and the figures noted by it."""

    is_full: bool
    noted: list[tuple[str, object]]

    def size(self, short: int, full: int) -> int:
        """Return a number of repetitions or things: `short` in `make test`, `full` in `make ordeal`."""
        return full if self.is_full else short

    def note(self, what: str, figure: object) -> None:
        """Add a line to the report, in the order of calls: what was done, and the figure counted."""
        self.noted.append((NOTED, f"{what}: {figure}"))


@pytest.fixture
def trial(request: pytest.FixtureRequest) -> Trial:
    return Trial(request.config.getoption("--ordeal"), request.node.user_properties)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--ordeal", action="store_true", help="only the trials, at full length; writes docs/ordeal.md")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--ordeal") and not is_worker():
        config.pluginmanager.register(Report(), "ordeal-report")


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> Iterator[None]:
    for item in items:
        if "trial" in getattr(item, "fixturenames", ()):
            item.user_properties.append(("group", _first_line(inspect.getmodule(item.obj))))
            item.user_properties.append(("title", _title(item)))
    yield
    if config.getoption("--ordeal"):
        kept = [item for item in items if "trial" in getattr(item, "fixturenames", ())]
        config.hook.pytest_deselected(items=[item for item in items if item not in kept])
        items[:] = kept


def _title(item: pytest.Item) -> str:
    """Return a test's title: the first line of its docstring, else its name in words; with the id of its parameters."""
    said = _first_line(item.obj) or _spoken(item.originalname)
    return f"{said} ({item.callspec.id})" if hasattr(item, "callspec") else said


def _first_line(documented: object) -> str:
    return (inspect.getdoc(documented) or "").split("\n")[0]


def _spoken(name: str) -> str:
    words = name.removeprefix("test_").replace("_", " ")
    return words[:1].upper() + words[1:]


@dataclass
class Report:
    """Report of the trials of all processes: gathers their notes and writes the page."""

    groups: dict[str, list[str]] = field(default_factory=dict)
    failed: int = 0
    passed: int = 0

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when != "call" and not report.failed:
            return
        properties = report.user_properties
        group, title = (next((str(value) for key, value in properties if key == wanted), "")
                        for wanted in ("group", "title"))  # fmt: skip
        self.failed += report.failed
        self.passed += report.passed
        figures = [str(value) for key, value in properties if key == NOTED]
        self.groups.setdefault(group, []).append(
            f"| {'**FAILED** ' if report.failed else ''}{title} | {'<br>'.join(figures)} | {report.duration:.0f} |"
        )

    def pytest_sessionfinish(self) -> None:
        if self.groups:
            REPORT.write_text(self._page())

    def _page(self) -> str:
        made = f"{datetime.now(UTC):%Y-%m-%d}, Python {platform.python_version()}, {os.cpu_count()} processors"
        verdict = f"{self.passed} trials held, {self.failed} failed ({made})."
        sections = [
            f"## {group.rstrip('.')}\n\n| Trial | Counted | Seconds |\n|---|---|---:|\n" + "\n".join(sorted(rows))
            for group, rows in sorted(self.groups.items())
        ]
        return "\n".join([INTRODUCTION, verdict, "", "\n\n".join(sections), ""])
