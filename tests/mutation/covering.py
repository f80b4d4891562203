"""Tests for a fault, found in a recorded run: those that execute its lines, whatever folder they lie in."""

from __future__ import annotations

import itertools
import json
import re
from collections import defaultdict
from collections.abc import Collection
from functools import cached_property
from pathlib import Path

import coverage

from tests.mutation.faults import Fault
from tests.mutation.recording_files import LINES, TESTS
from tests.mutation.targets import PROJECT, sources

# Sum of the recorded times of the tests run for one fault, at most.
SECONDS_OF_TESTS = 60.0
# Part of that for the tests of the fault's room. Hundreds of others run the line on their way elsewhere: one of each
# file would be all there is time for.
SHARE_OF_THE_ROOM = 0.7
# A run that takes so many times longer counts as endless; pytest itself has to start, too.
TIMES_SLOWER, SECONDS_TO_START = 5, 60.0


class Recorded:
    """Lines and times of one recorded run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @cached_property
    def seconds(self) -> dict[str, float]:
        """Seconds of each test that passed."""
        noted = json.loads((self.folder / TESTS).read_text())
        return {test: values["seconds"] for test, values in noted.items() if values["passed"]}

    @cached_property
    def failed(self) -> list[str]:
        """Tests that failed in the recorded run, which prove nothing about a fault."""
        noted = json.loads((self.folder / TESTS).read_text())
        return sorted(test for test, values in noted.items() if not values["passed"])

    @cached_property
    def _lines(self) -> dict[str, dict[int, set[str]]]:
        found: dict[str, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
        for file in self.folder.glob(f"{LINES}.*"):
            data = coverage.CoverageData(str(file))
            data.read()
            for path in data.measured_files():
                own = found[str(Path(path).relative_to(PROJECT))]
                for line, tests in data.contexts_by_lineno(path).items():
                    own[line].update(tests)
        return found

    def tests_of(self, fault: Fault, *, at_most: float = SECONDS_OF_TESTS) -> list[str]:
        """Return the tests that meet a fault: those of its room, then all others.

        Of each part the cheapest of each file come first, then the second of each, and so on. Recorded times sum to
        `at_most` seconds at most, of which the room has `SHARE_OF_THE_ROOM`; one test is returned if there is any.
        """
        met = self._meeting(fault) & self.seconds.keys()
        room = {test for test in met if _is_of_room(test, fault.path)}
        chosen = self._cheapest(room, SHARE_OF_THE_ROOM * at_most)
        left = at_most - sum(self.seconds[test] for test in chosen)
        chosen += self._cheapest(met - set(chosen), left)
        return chosen or sorted(met, key=self.seconds.__getitem__)[:1]

    def _cheapest(self, tests: Collection[str], at_most: float) -> list[str]:
        by_file: dict[str, list[str]] = defaultdict(list)
        for test in sorted(tests, key=lambda test: (self.seconds[test], test)):
            by_file[test.split("::")[0]].append(test)
        rounds = itertools.zip_longest(*sorted(by_file.values(), key=lambda tests: self.seconds[tests[0]]))
        chosen: list[str] = []
        for test in (test for each in rounds for test in each if test is not None):
            at_most -= self.seconds[test]
            if at_most < 0:
                break
            chosen.append(test)
        return chosen

    def _meeting(self, fault: Fault) -> set[str]:
        if fault.lines:
            own = self._lines[fault.path]
            return {test for line in fault.lines for test in own.get(line, ())}
        # A statement run at import is met wherever its name is used; without a name, or where other imports alone use
        # it (a table of addresses names its pages), by every test of the module.
        using = self._naming(fault.names) & self.seconds.keys()
        return using or {test for tests in self._lines[fault.path].values() for test in tests}

    def _naming(self, names: Collection[str]) -> set[str]:
        if not names:
            return set()
        named = re.compile(r"\b(" + "|".join(map(re.escape, names)) + r")\b")
        return {
            test for path in self._texts for line in self._lines_with(path, named) for test in self._tests(path, line)
        }

    @cached_property
    def _texts(self) -> dict[str, list[str]]:
        return {str(path): (PROJECT / path).read_text().split("\n") for path in sources()}

    def _lines_with(self, path: str, named: re.Pattern[str]) -> list[int]:
        return [number for number, text in enumerate(self._texts[path], 1) if named.search(text)]

    def _tests(self, path: str, line: int) -> set[str]:
        return self._lines[path].get(line, set())

    def limit_of(self, tests: Collection[str]) -> float:
        """Return the seconds after which a run of these tests is given up."""
        return SECONDS_TO_START + TIMES_SLOWER * sum(self.seconds[test] for test in tests)


def _is_of_room(test: str, path: str) -> bool:
    """Whether a test lies in the folder of tests of a module's room, above it within the floor, or below it."""
    room, folder = Path(path).parent, Path(test.split("::")[0]).parent
    if folder.parts[:1] != ("tests",) or len(folder.parts) < 2:
        return False
    own = Path(*folder.parts[1:])
    return own in (room, *room.parents) or room in own.parents
