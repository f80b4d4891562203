"""Planting one fault, and what the tests say of it."""

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

# What pytest returns; any other status says that tests could not be collected, or that it did not get so far.
PASSED, FAILED, NO_TESTS = 0, 1, 5
FIRST_FAILURE = re.compile(r"^(?:FAILED|ERROR) (\S+)", re.MULTILINE)


class Verdict(StrEnum):
    """How a fault ended.

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
    """A fault and what came of it: how many tests were to be run, for how long they ran, which one failed first."""

    fault: Fault
    verdict: Verdict
    tests: int
    seconds: float
    by: str = ""

    @classmethod
    def of(cls, kept: dict[str, Any]) -> Found:
        """Read back from JSON."""
        fault = kept["fault"] | {name: tuple(kept["fault"][name]) for name in ("lines", "names")}
        return cls(**(kept | {"fault": Fault(**fault), "verdict": Verdict(kept["verdict"])}))


def plant_and_test(fault: Fault | None, text: str, tests: list[str], *, seconds: float, slot: int) -> Found:
    """Run tests with a fault planted in their process, until the first one fails. Without a fault: as they are.

    `slot` names the database and the Redis database that nobody else uses meanwhile. Whatever is not done within
    `seconds` is killed, with all its children.
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
    """The status of pytest, and what it printed; None for a status when it did not end in time."""
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
            # No child of the run is left behind: they are all of its session.
            os.killpg(program.pid, signal.SIGKILL)
            if isinstance(error, subprocess.TimeoutExpired):
                return None, ""
            raise
        return program.returncode, said
