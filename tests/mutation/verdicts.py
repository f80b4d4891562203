"""Planting one fault, and the verdict of the tests."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from tests.mutation.faults import Fault, apply
from tests.mutation.planted import PLANTED_VARIABLE, TOO_LATE
from tests.mutation.targets import PROJECT, module_name
from tests.servers import addresses

# Statuses of pytest; any other status says that tests could not be collected or started.
PASSED, FAILED, NO_TESTS = 0, 1, 5
FIRST_FAILURE = re.compile(r"^(?:FAILED|ERROR) (\S+)", re.MULTILINE)


class Verdict(StrEnum):
    """Verdict on a fault.

    KILLED by a failing test, BROKEN because a module could not be imported, ENDLESS because a test did not end;
    SURVIVED when all its tests passed, UNTESTED when no test executes its lines.
    """

    KILLED = "killed"
    BROKEN = "broken"
    ENDLESS = "endless"
    SURVIVED = "survived"
    UNTESTED = "untested"

    @property
    def is_noticed(self) -> bool:
        return self in (Verdict.KILLED, Verdict.BROKEN, Verdict.ENDLESS)


@dataclass(frozen=True)
class Found:
    """Fault with its verdict, the number of tests to run, their seconds, and the test that failed first."""

    fault: Fault
    verdict: Verdict
    tests: int
    seconds: float
    by: str = ""

    @classmethod
    def of(cls, kept: dict[str, Any]) -> Found:
        """Return the finding read back from JSON."""
        fault = kept["fault"] | {name: tuple(kept["fault"][name]) for name in ("lines", "names")}
        return cls(**(kept | {"fault": Fault(**fault), "verdict": Verdict(kept["verdict"])}))


def plant_and_test(fault: Fault | None, text: str, tests: list[str], *, seconds: float, slot: int) -> Found:
    """Run tests with a fault planted in their process until the first one fails; without a fault, run them unchanged.

    `slot` numbers the database and the Redis database, which no other run may use meanwhile. A run is killed after
    `seconds`, with all its children.
    """
    began = time.monotonic()
    if not tests:
        return Found(fault, Verdict.UNTESTED, 0, 0.0)  # type: ignore[arg-type]
    with tempfile.TemporaryDirectory(prefix="amphi-fault-") as folder:
        chosen = Path(folder) / "tests"
        chosen.write_text("\n".join(tests))
        status, said = _run(chosen, _environment(Path(folder), fault, text, slot), seconds)
    verdict = _verdict(status)
    by = FIRST_FAILURE.search(said)
    took = round(time.monotonic() - began, 1)
    return Found(fault, verdict, len(tests), took, by.group(1) if by else "")  # type: ignore[arg-type]


def _verdict(status: int | None) -> Verdict:
    if status is None:
        return Verdict.ENDLESS
    if status in (NO_TESTS, TOO_LATE):
        raise RuntimeError("The tests that were recorded are not there, or the fault could not be planted.")
    return {PASSED: Verdict.SURVIVED, FAILED: Verdict.KILLED}.get(status, Verdict.BROKEN)


def _environment(folder: Path, fault: Fault | None, text: str, slot: int) -> dict[str, str]:
    """Return the environment of a worker of a test run: a number and a database of its own, no servers to start."""
    environment = os.environ | {
        "PYTEST_XDIST_WORKER": f"gw{slot}",
        "DATABASE_URL": addresses().database_url_for(f"fault_{slot}"),
    }
    if fault is not None:
        planted = folder / "planted.json"
        path = PROJECT / fault.path
        planted.write_text(
            json.dumps({"name": module_name(Path(fault.path)), "path": str(path), "text": apply(fault, text)})
        )
        environment[PLANTED_VARIABLE] = str(planted)
    return environment


def _run(chosen: Path, environment: dict[str, str], seconds: float) -> tuple[int | None, str]:
    """Return the status of pytest and its output; the status is None when the run did not end in time."""
    command = [
        *(sys.executable, "-m", "pytest", "--exitfirst", "--quiet", "--tb=no", "-rfE"),
        *("-p", "tests.mutation.planted", "-p", "no:randomly", "-p", "no:cacheprovider", f"@{chosen}"),
    ]
    with subprocess.Popen(
        command, cwd=PROJECT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        start_new_session=True,
    ) as program:  # fmt: skip
        try:
            said, _none = program.communicate(timeout=seconds)
        except BaseException as error:
            # Every child of the run is killed: all belong to its session.
            os.killpg(program.pid, signal.SIGKILL)
            if isinstance(error, subprocess.TimeoutExpired):
                return None, ""
            raise
        return program.returncode, said
