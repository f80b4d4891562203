"""Ranges of consecutive whole numbers."""

from __future__ import annotations

from collections.abc import Iterable


def ranges(numbers: Iterable[int]) -> str:
    """Write whole numbers as people do: «1-3, 7»."""
    return in_ranges(contiguous(numbers))


def in_ranges(parts: Iterable[tuple[int, int]]) -> str:
    """Write ranges of whole numbers, each given by its first and last, as people do: «1-3, 7»."""
    return ", ".join(f"{first}-{last}" if first < last else str(first) for first, last in parts)


def contiguous(numbers: Iterable[int]) -> list[tuple[int, int]]:
    """Join whole numbers to ranges without gaps; return the first and last of each, in order."""
    parts: list[tuple[int, int]] = []
    for number in sorted(set(numbers)):
        if parts and number == parts[-1][1] + 1:
            parts[-1] = (parts[-1][0], number)
        else:
            parts.append((number, number))
    return parts
