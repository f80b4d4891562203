"""Run of a sample: record the tests, draw faults, plant them one by one, write the page."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from itertools import count
from pathlib import Path
from queue import SimpleQueue
from threading import Lock

from tests.mutation.covering import Recorded
from tests.mutation.faults import Fault, draw
from tests.mutation.recording_files import FOLDER_VARIABLE, TESTS
from tests.mutation.report import LEAST_NOTICED, PAGE, write_page
from tests.mutation.targets import PROJECT, sources, targets
from tests.mutation.verdicts import Found, Verdict, plant_and_test

RECORDED = "recorded"
FOUND = "found.jsonl"
MADE_OF = "made_of"


@dataclass(frozen=True)
class Sample:
    """Number of faults drawn, seed, time limit, and folder of modules ("" for all of them).

    Recordings and findings are kept in `folder`.
    """

    size: int
    seed: int
    minutes: float
    part: str
    folder: Path


def run(sample: Sample) -> int:
    """Run a sample to its end, or until its time is over; return 0 when enough of it was noticed.

    An interrupted run is continued. After a change of the shop or its tests the tests are recorded anew, and a fault is
    planted again unless it was noticed by a test whose file is as it was, in a module that is as it was.
    """
    until = time.monotonic() + 60 * sample.minutes
    _drop_what_changed(sample.folder)
    recorded = _recorded(sample.folder / RECORDED, sample.part)
    if recorded is None:
        print("The tests did not come to an end. Run them by themselves first.", flush=True)
        return 1
    texts = {str(path): (PROJECT / path).read_text() for path in targets() if _is_in(path, sample.part)}
    faults = draw(texts, size=sample.size, seed=sample.seed)
    found = _Findings(sample.folder / FOUND)
    left = [fault for fault in faults if fault not in found.by_fault]
    print(f"{len(faults)} faults, {len(left)} of them to plant; {len(recorded.seconds)} tests.", flush=True)
    if not _control(recorded):
        print("Tests fail though nothing was planted. Look at them first.", flush=True)
        return 1
    _plant_all(left, texts, recorded, found, until)
    if not _control(recorded):
        print(f"Tests fail by now though nothing was planted: remove {sample.folder} and begin anew.", flush=True)
        return 1
    results = [found.by_fault[fault] for fault in faults if fault in found.by_fault]
    page = sample.folder / PAGE.name if sample.part else PAGE
    share = write_page(page, results, seed=sample.seed, wanted=len(faults), left_out=recorded.failed)
    print(f"{share:.1%} of {len(results)} faults noticed; {page.relative_to(PROJECT)} says more.", flush=True)
    return 0 if share >= LEAST_NOTICED and len(results) == len(faults) else 1


def _drop_what_changed(folder: Path) -> None:
    """Remove the recording, and the findings that may no longer hold, when files of the shop or its tests changed."""
    made_of = folder / MADE_OF
    before = json.loads(made_of.read_text()) if made_of.exists() else {}
    now = _digests()
    if before == now:
        return
    folder.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(folder / RECORDED, ignore_errors=True)
    found = folder / FOUND
    kept = [each for each in _read(found) if still_holds(each, before, now)]
    found.write_text("".join(json.dumps(asdict(each)) + "\n" for each in kept))
    made_of.write_text(json.dumps(now, indent=0))


def _digests() -> dict[str, str]:
    """Return the digest of every module of the shop and of its tests, by path; the tool itself left out."""
    own = Path(__file__).parent
    tests = (path.relative_to(PROJECT) for path in (PROJECT / "tests").rglob("*.py") if own not in path.parents)
    return {
        str(path): hashlib.sha256((PROJECT / path).read_bytes()).hexdigest() for path in sorted([*sources(), *tests])
    }


def still_holds(found: Found, before: dict[str, str], now: dict[str, str]) -> bool:
    """Tell whether a fault was killed by a test, and the files of both, given by digests, are as they were."""
    files = (found.fault.path, found.by.split("::")[0])
    return found.verdict is Verdict.KILLED and all(file in now and before.get(file) == now[file] for file in files)


def _read(file: Path) -> list[Found]:
    return [Found.of(json.loads(line)) for line in file.read_text().splitlines()] if file.exists() else []


def _is_in(path: Path, part: str) -> bool:
    return not part or Path(part) in (path, *path.parents)


def _recorded(folder: Path, part: str) -> Recorded | None:
    """Return the lines that tests execute, recorded unless done before; None when the tests did not end."""
    if not (folder / TESTS).exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        print("Recording which tests execute what …", flush=True)
        command = [sys.executable, "-m", "pytest", "--quiet", "-p", "tests.mutation.recording", "-p", "no:randomly"]
        subprocess.run(
            [*command, "--numprocesses", str(os.cpu_count() or 1), "--tb=no", f"tests/{part}"],
            cwd=PROJECT,
            env=os.environ | {FOLDER_VARIABLE: str(folder)},
        )
    return Recorded(folder) if (folder / TESTS).exists() else None


def _control(recorded: Recorded) -> bool:
    """Tell whether the tests pass, run as for a fault, with no fault planted."""
    cheapest = sorted(recorded.seconds, key=lambda test: recorded.seconds[test])[:20]
    return plant_and_test(None, "", cheapest, seconds=120, slot=0).verdict is Verdict.SURVIVED


@dataclass
class _Findings:
    """Findings so far, kept in a file of one line each."""

    file: Path
    by_fault: dict[Fault, Found] = field(init=False)
    lock: Lock = field(default_factory=Lock)

    def __post_init__(self) -> None:
        self.by_fault = {kept.fault: kept for kept in _read(self.file)}

    def add(self, found: Found) -> None:
        with self.lock, open(self.file, "a") as file:
            self.by_fault[found.fault] = found
            file.write(json.dumps(asdict(found)) + "\n")


def _plant_all(faults: list[Fault], texts: dict[str, str], recorded: Recorded, found: _Findings, until: float) -> None:
    """Plant faults, as many at a time as there are processors, until the time is over."""
    workers = os.cpu_count() or 1
    slots: SimpleQueue[int] = SimpleQueue()
    for slot in range(workers):
        slots.put(slot)
    done = count(1)

    def plant(fault: Fault) -> None:
        if time.monotonic() > until:
            return
        slot = slots.get()
        try:
            tests = recorded.tests_of(fault)
            result = plant_and_test(fault, texts[fault.path], tests, seconds=recorded.limit_of(tests), slot=slot)
        finally:
            slots.put(slot)
        found.add(result)
        print(
            f"{next(done)}/{len(faults)} {result.verdict} {result.seconds:.0f}s {fault.path}:{fault.line}", flush=True
        )

    with ThreadPoolExecutor(workers) as pool:
        try:
            for outcome in [pool.submit(plant, fault) for fault in faults]:
                outcome.result()
        finally:  # after Ctrl-C or an error here, faults under way are finished and no other begins
            pool.shutdown(cancel_futures=True)
