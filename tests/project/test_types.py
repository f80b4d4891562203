"""Types are checked in all of the product, and the exceptions are few and say why."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from common.floors import FLOORS
from tests.servers import PROJECT

IGNORES_AT_MOST = 20
CHECKED = {*FLOORS, "bench", "manage.py"}
IGNORE = re.compile(r"#\s*type:\s*ignore")
WITH_CODE_AND_REASON = re.compile(r"# type: ignore\[[a-z-]+(, [a-z-]+)*\]  # \S.{5,}")
WHOLE_FILE = re.compile(r"^#\s*mypy:", re.MULTILINE)


@pytest.fixture
def mypy() -> dict:
    return tomllib.loads((PROJECT / "pyproject.toml").read_text())["tool"]["mypy"]


def modules() -> Iterator[Path]:
    for name in CHECKED:
        yield from (path for path in (PROJECT / name).rglob("*.py") if "migrations" not in path.parts)
    yield PROJECT / "manage.py"


def ignores() -> list[str]:
    return [
        f"{path.relative_to(PROJECT)}:{number}: {line.strip()}"
        for path in modules()
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if IGNORE.search(line)
    ]


def test_every_floor_is_checked(mypy):
    assert set(mypy["files"]) == CHECKED
    assert mypy["exclude"] == ["/migrations/"]


@pytest.mark.parametrize(
    "demand",
    [
        "disallow_untyped_defs",
        "check_untyped_defs",
        "no_implicit_optional",
        "warn_unused_ignores",
        "warn_redundant_casts",
    ],
)
def test_no_module_is_spared_a_demand(mypy, demand):
    assert mypy[demand] is True
    assert not [override for override in mypy["overrides"] if demand in override]


def test_only_libraries_may_be_without_types(mypy):
    assert not mypy.keys() & {"ignore_missing_imports", "ignore_errors", "disable_error_code", "follow_imports"}
    for override in mypy["overrides"]:
        assert override.keys() == {"module", "ignore_missing_imports"}
        assert not {module.split(".")[0] for module in override["module"]} & CHECKED


def test_no_file_has_rules_of_its_own():
    assert not [str(path) for path in modules() if WHOLE_FILE.search(path.read_text())]


def test_exceptions_are_few():
    found = ignores()

    assert len(found) <= IGNORES_AT_MOST, "\n".join(found)


def test_every_exception_names_its_error_and_says_why():
    assert not [line for line in ignores() if not WITH_CODE_AND_REASON.search(line)]


@pytest.mark.parametrize(
    "line",
    [
        "x = 1  # type: ignore",
        "x = 1  # type: ignore[misc]",
        "x = 1  # type: ignore  # some reason",
        "x = 1  # type:ignore[misc]  # some reason",
        "x = 1  # type: ignore[misc]  #",
    ],
)
def test_an_exception_without_code_or_reason_is_seen(line):
    assert IGNORE.search(line)
    assert not WITH_CODE_AND_REASON.search(line)
