"""docs/mutation.md: the share of faults noticed, and the faults that were not."""

from __future__ import annotations

import os
import platform
import tomllib
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from tests.mutation.targets import PROJECT
from tests.mutation.verdicts import Found, Verdict

PAGE = PROJECT / "docs" / "mutation.md"
REASONS = Path(__file__).with_name("reasons.toml")
LEAST_NOTICED = 0.95
INTRODUCTION = """\
# Planted faults

Small faults that `make mutate` plants in the modules that decide and write, one at a time, and whether a test noticed
each. A fault meets the tests that execute its line, those of its own room first. Written by the run itself; do not
edit. Why a fault may stay unnoticed is kept in `tests/mutation/reasons.toml`.
"""


def write_page(page: Path, found: Sequence[Found], *, seed: int, wanted: int, left_out: Sequence[str]) -> float:
    """Write the page and return the share of faults that were noticed."""
    noticed = [each for each in found if each.verdict.is_noticed]
    share = len(noticed) / len(found) if found else 0.0
    page.write_text(
        "\n".join([INTRODUCTION, *_figures(found, share, seed, wanted), *_survivors(found), *_not_used(left_out)])
    )
    return share


def _figures(found: Sequence[Found], share: float, seed: int, wanted: int) -> list[str]:
    made = f"{datetime.now(UTC):%Y-%m-%d}, Python {platform.python_version()}, {os.cpu_count()} processors"
    counted = Counter(each.verdict for each in found)
    minutes = sum(each.seconds for each in found) / 60
    floors = sorted({each.fault.path.split("/")[0] for each in found})
    return [
        f"**{share:.1%} of {len(found)} faults noticed** ({made}; seed {seed}; {wanted - len(found)} of {wanted} not "
        f"reached; {minutes:.0f} minutes of one processor).",
        "",
        f"By a failing test {counted[Verdict.KILLED]}, because the module could not be imported "
        f"{counted[Verdict.BROKEN]}, because a test did not end {counted[Verdict.ENDLESS]}; unnoticed "
        f"{counted[Verdict.SURVIVED]}, on lines that no test executes {counted[Verdict.UNTESTED]}.",
        "",
        "| Floor | Faults | Noticed |",
        "|---|---:|---:|",
        *(_row(floor, [each for each in found if each.fault.path.startswith(f"{floor}/")]) for floor in floors),
        "",
    ]


def _row(floor: str, found: Sequence[Found]) -> str:
    noticed = sum(each.verdict.is_noticed for each in found)
    return f"| `{floor}/` | {len(found)} | {noticed} |"


def _survivors(found: Sequence[Found]) -> list[str]:
    reasons = read_reasons()
    lines: list[str] = ["## Unnoticed", ""]
    for each in sorted(found, key=lambda each: (each.fault.path, each.fault.line)):
        if not each.verdict.is_noticed:
            fault = each.fault
            reason = reasons.get(key_of(fault.inside, fault.was, fault.became), "**No reason yet.**")
            by = "no test executes it" if each.verdict is Verdict.UNTESTED else f"{each.tests} tests pass"
            lines += [
                f"### `{fault.path}` line {fault.line}" + (f", `{fault.inside}`" if fault.inside else ""),
                "",
                f"{reason} ({by})",
                "",
                "```diff",
                *(f"- {line}" for line in fault.was.split("\n")),
                *(f"+ {line}" for line in fault.became.split("\n")),
                "```",
                "",
            ]
    return lines if len(lines) > 2 else [*lines, "None.", ""]


def _not_used(left_out: Sequence[str]) -> list[str]:
    if not left_out:
        return []
    return ["## Tests that failed when they were recorded", "", *(f"- `{test}`" for test in left_out), ""]


def read_reasons() -> dict[tuple[str, str, str], str]:
    """Return the reasons why faults may stay unnoticed, by place and change, whatever file the place lies in."""
    with open(REASONS, "rb") as file:
        kept = tomllib.load(file).get("survivor", [])
    return {key_of(each["inside"], each["was"], each["became"]): each["reason"] for each in kept}


def key_of(inside: str, was: str, became: str) -> tuple[str, str, str]:
    """Return a fault's key: its place and change, without file, line and indentation."""
    return inside, " ".join(was.split()), " ".join(became.split())
