"""Measuring: several runs of a thing and of its reference in turns, their medians, and the rows of the table."""

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
    """One figure with its unit; `reference` is a figure to compare with, in the same unit.

    `ratio` tells how many times as much the value is; reference, ratio and limit are None where there is nothing to
    compare. A ratio over `limit` fails the run.
    """

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
    """Rows of a run, in their order, with remarks beside some of them."""

    rows: list[Row] = field(default_factory=list)
    remarks: dict[str, str] = field(default_factory=dict)

    def figure(self, name: str, value: float, unit: str, *, remark: str = "") -> None:
        """Add a figure without a reference."""
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
        """Add a figure beside its reference; the ratio says how many times slower the figure is."""
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
        """Replace the table between the two marks of a page of documentation."""
        before, _begin, rest = page.read_text().partition(BEGIN)
        _old, _end, after = rest.partition(END)
        page.write_text(f"{before}{BEGIN}\nMeasured on {machine()}.\n\n{self.table()}\n{END}{after}")

    def table(self) -> str:
        """Return the rows in columns, for a terminal and for a page of documentation alike."""
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
    """Return the median of every figure of these measures, over so many rounds after one that does not count.

    All measures run in every round, so that other work of the machine hits all alike; every other round goes backwards.
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
    """Return the seconds that an action takes."""
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def processor_seconds(action: Callable[[], object]) -> float:
    """Return the seconds for which an action keeps this process's processor busy."""
    began = time.process_time()
    action()
    return time.process_time() - began


def machine() -> str:
    """Describe the machine without its name."""
    model = platform.processor() or platform.machine()
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    return f"{model}, {os.cpu_count()} processors, Python {platform.python_version()}"


def _rounded(value: float) -> float:
    """Round to three significant digits."""
    return float(f"{value:.3g}")


def _text(value: float | None) -> str:
    return "" if value is None else f"{value:g}"
