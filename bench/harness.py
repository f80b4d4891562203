"""Measuring: several runs of a thing and of its reference in turns, their medians, and the rows that come of it."""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median

BEGIN, END = "<!-- written by make bench -->", "<!-- until here -->"

# Figures by name, from one run.
Measure = Callable[[], Mapping[str, float]]


@dataclass(frozen=True)
class Row:
    """One figure. `reference` is what it is measured against, in the same unit, and `ratio` how many times as much
    it is; all three are None where there is nothing to compare. A ratio over `limit` fails the run."""

    name: str
    value: float
    unit: str
    reference: float | None = None
    ratio: float | None = None
    limit: float | None = None

    @property
    def is_over(self) -> bool:
        return self.limit is not None and self.ratio is not None and self.ratio > self.limit


@dataclass
class Report:
    """The rows of a run, in their order, with what is said beside some of them."""

    rows: list[Row] = field(default_factory=list)
    remarks: dict[str, str] = field(default_factory=dict)

    def figure(self, name: str, value: float, unit: str, *, remark: str = "") -> None:
        """A figure that stands for itself."""
        self._add(Row(name, _rounded(value), unit), remark)

    def compare(
        self,
        name: str,
        value: float,
        unit: str,
        *,
        reference: float,
        limit: float,
        higher_is_better: bool = False,
        remark: str = "",
    ) -> None:
        """A figure beside its reference. The ratio says how many times slower the figure is."""
        ratio = reference / value if higher_is_better else value / reference
        self._add(Row(name, _rounded(value), unit, _rounded(reference), round(ratio, 2), limit), remark)

    def _add(self, row: Row, remark: str) -> None:
        self.rows.append(row)
        if remark:
            self.remarks[row.name] = remark

    @property
    def over(self) -> list[Row]:
        return [row for row in self.rows if row.is_over]

    def write(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        results = {"machine": machine(), "rows": [asdict(row) for row in self.rows]}
        path.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n")

    def write_into(self, page: Path) -> None:
        """Puts the table between the two marks of a page of documentation, in place of the one before."""
        before, _begin, rest = page.read_text().partition(BEGIN)
        _old, _end, after = rest.partition(END)
        page.write_text(f"{before}{BEGIN}\nMeasured on {machine()}.\n\n{self.table()}\n{END}{after}")

    def table(self) -> str:
        """The rows in columns, for a terminal and for a page of documentation alike."""
        lines = [("what", "value", "unit", "reference", "ratio", "limit", "")]
        lines += [
            (
                row.name,
                _text(row.value),
                row.unit,
                _text(row.reference),
                _text(row.ratio),
                _text(row.limit),
                "OVER" if row.is_over else self.remarks.get(row.name, ""),
            )
            for row in self.rows
        ]
        widths = [max(len(line[column]) for line in lines) for column in range(7)]
        out = []
        for number, line in enumerate(lines):
            cells = [
                cell.rjust(width) if column in (1, 3, 4, 5) else cell.ljust(width)
                for column, (cell, width) in enumerate(zip(line, widths, strict=True))
            ]
            out.append("| " + " | ".join(cells) + " |")
            if not number:
                out.append("|" + "|".join("-" * (width + 2) for width in widths) + "|")
        return "\n".join(out)


def in_turns(*measures: Measure, rounds: int) -> dict[str, float]:
    """The median of every figure that these measures give, over so many rounds after one that does not count.

    All of them run in every round, so that what else the machine does meanwhile hits all alike; every other round
    goes backwards.
    """
    seen: dict[str, list[float]] = {}
    for turn in range(rounds + 1):
        for measure in measures if turn % 2 else measures[::-1]:
            figures = measure()
            if turn:
                for name, value in figures.items():
                    seen.setdefault(name, []).append(value)
    return {name: median(values) for name, values in seen.items()}


def seconds(action: Callable[[], object]) -> float:
    """How long an action takes."""
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def machine() -> str:
    """What it ran on, without naming it."""
    model = platform.processor() or platform.machine()
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    return f"{model}, {os.cpu_count()} processors, Python {platform.python_version()}"


def _rounded(value: float) -> float:
    """Three digits that count."""
    return float(f"{value:.3g}")


def _text(value: float | None) -> str:
    return "" if value is None else f"{value:g}"
