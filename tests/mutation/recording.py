"""A pytest plugin: notes which tests execute which lines of the floors, and how long each test takes.

Tests whose work happens in programs of their own (a running shop, a browser) are left out, since a fault is planted in
the process of the test; so are the long trials.
"""

from __future__ import annotations

import json
import multiprocessing.process
import os
from collections.abc import Iterator
from pathlib import Path

import coverage
import pytest

from tests.mutation.recording_files import FOLDER_VARIABLE, LINES, TESTS
from tests.mutation.targets import PROJECT, floors
from tests.servers import is_worker

ELSEWHERE = frozenset({"running_shop", "browse"})  # fixtures
LONG = "trials"  # a folder: each of its tests executes a bit of everything, for minutes
RIVAL_ENDS_WITHIN = 5  # seconds in which a rival's recording is written

FOLDER = Path(os.environ[FOLDER_VARIABLE])
_recorder = coverage.Coverage(
    data_file=str(FOLDER / LINES),
    data_suffix=True,
    config_file=False,
    source=[str(PROJECT / floor) for floor in floors()],
    omit=["*/migrations/*"],
)
_tests: dict[str, dict[str, float | bool]] = {}
# Before any module of the floors is imported.
_recorder.start()


def pytest_configure() -> None:
    """Let rivals, which are forks that end without clean-up and are killed after the answer, write their recording."""
    leave, kill = os._exit, multiprocessing.process.BaseProcess.kill

    def write_and_leave(status: int) -> None:
        _recorder.stop()
        _recorder.save()
        leave(status)

    def kill_later(process: multiprocessing.process.BaseProcess) -> None:
        process.join(RIVAL_ENDS_WITHIN)
        kill(process)

    os._exit = write_and_leave  # type: ignore[assignment]
    multiprocessing.process.BaseProcess.kill = kill_later  # type: ignore[method-assign]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    elsewhere = [
        item for item in items if ELSEWHERE & set(getattr(item, "fixturenames", ())) or LONG in item.path.parts
    ]
    config.hook.pytest_deselected(items=elsewhere)
    items[:] = [item for item in items if item not in elsewhere]


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    _recorder.switch_context(item.nodeid)
    return (yield)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    noted = _tests.setdefault(report.nodeid, {"seconds": 0.0, "passed": True})
    # The set-up shared by all tests of a process is not the first test's cost.
    noted["seconds"] += report.duration if report.when == "call" else min(report.duration, 1.0)
    noted["passed"] = bool(noted["passed"]) and report.passed


def pytest_sessionfinish(exitstatus: int) -> None:
    """Write the file of the tests last, and only after a run that came to its end."""
    _recorder.stop()
    _recorder.save()
    if not is_worker() and exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        (FOLDER / TESTS).write_text(json.dumps(_tests))
