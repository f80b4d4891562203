"""Ranges of consecutive whole numbers."""

from __future__ import annotations

from collections.abc import Iterable

from handlers.contract import runs_of


def ranges(numbers: Iterable[int]) -> str:
    """Write whole numbers as people do: «1-3, 7»."""
    return in_ranges((run.start, run.stop - 1) for run in runs_of(numbers))


def in_ranges(parts: Iterable[tuple[int, int]]) -> str:
    """Write ranges of whole numbers, each given by its first and last, as people do: «1-3, 7»."""
    return ", ".join(f"{first}-{last}" if first < last else str(first) for first, last in parts)
