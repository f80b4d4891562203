"""Units of a line: their number is known, and each object is made only on demand."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, chain
from typing import Any, overload


@dataclass(frozen=True)
class UnitContext:
    """Unit bought, with the cleaned answers of its micro-form ({} where there is none).

    ``index`` counts from 0 and identifies the unit within its line, before the order is placed as after. ``answers``
    are those of the handler's own ``UnitForm``, ``fields`` those of the fields that the merchant has added to the
    entry, by their names. Both hold JSON values, before the order is stored as after: dates and amounts are texts (see
    ``answers_to_store``).
    """

    index: int
    answers: Mapping[str, Any] = field(default_factory=dict)
    fields: Mapping[str, Any] = field(default_factory=dict)


class Units(Sequence[UnitContext]):
    """Units of one line in the order of their indexes. Immutable; a slice is ``Units`` again.

    ``runs`` are their indexes: ranges of step 1, ascending, none empty, none touching the next. Only units with answers
    are kept as objects, so a hundred thousand units without answers cost as little as one.
    """

    __slots__ = ("_answered", "_ends", "runs")

    def __init__(self, runs: Iterable[range], answered: Iterable[UnitContext] = ()) -> None:
        """Make units with the indexes of ``runs``, in any order and overlap; ``answered`` are those with answers."""
        self.runs = joined(runs)
        self._ends = tuple(accumulate(len(run) for run in self.runs))
        self._answered = {unit.index: unit for unit in answered if unit.index in self}

    @classmethod
    def first(cls, quantity: int, answered: Iterable[UnitContext] = ()) -> Units:
        """Return all units of a line that sells ``quantity`` of them."""
        return cls([range(quantity)], answered)

    @classmethod
    def of(cls, units: Iterable[UnitContext]) -> Units:
        """Return given units as ``Units``, ordered by their indexes."""
        if isinstance(units, Units):
            return units
        units = list(units)
        return cls(runs_of(units), (unit for unit in units if unit.answers or unit.fields))

    def without(self, runs: Iterable[range]) -> Units:
        """Return the units whose index is in none of ``runs``."""
        return Units(removed(self.runs, runs), self._answered.values())

    def among(self, indexes: Iterable[int]) -> Units:
        """Return the units with one of these indexes; an index that no unit has is left out."""
        return Units(runs_of(index for index in indexes if index in self), self._answered.values())

    @property
    def answered(self) -> tuple[UnitContext, ...]:
        """Units with answers to the handler's form or to the fields of the entry."""
        return tuple(self._answered[index] for index in sorted(self._answered))

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def __iter__(self) -> Iterator[UnitContext]:
        return (self._unit(index) for index in chain.from_iterable(self.runs))

    def __reversed__(self) -> Iterator[UnitContext]:
        return (self._unit(index) for run in reversed(self.runs) for index in reversed(run))

    def __contains__(self, unit: object) -> bool:
        """Tell whether a unit, or the unit with this index, is among these."""
        index = unit.index if isinstance(unit, UnitContext) else unit
        if not isinstance(index, int):
            return False
        place = bisect_right(self.runs, index, key=lambda run: run.start)
        return place > 0 and index in self.runs[place - 1]

    @overload
    def __getitem__(self, place: int) -> UnitContext: ...
    @overload
    def __getitem__(self, place: slice) -> Units: ...
    def __getitem__(self, place: int | slice) -> UnitContext | Units:
        if isinstance(place, slice):
            first, last, step = place.indices(len(self))
            if step != 1:
                raise ValueError("units are taken one after the other")
            return Units(self._between(first, last), self._answered.values())
        place = range(len(self))[place]
        number = bisect_right(self._ends, place)
        return self._unit(self.runs[number][place - self._ends[number]])

    def _between(self, first: int, last: int) -> Iterator[range]:
        for run, end in zip(self.runs, self._ends, strict=True):
            begin = end - len(run)
            yield run[max(first - begin, 0) : max(last - begin, 0)]

    def _unit(self, index: int) -> UnitContext:
        return self._answered.get(index) or UnitContext(index)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Units):
            return NotImplemented
        return (self.runs, self._answered) == (other.runs, other._answered)

    __hash__ = None  # type: ignore[assignment]  # answers are mappings, which have no hash either

    def __repr__(self) -> str:
        return f"Units({list(self.runs)}, {list(self.answered)})"


def runs_of(units: Iterable[UnitContext] | Iterable[int]) -> tuple[range, ...]:
    """Return the indexes of some units, or some indexes, as ranges without gaps, ascending."""
    if isinstance(units, Units):
        return units.runs
    indexes = (unit.index if isinstance(unit, UnitContext) else unit for unit in units)
    return joined(range(index, index + 1) for index in indexes)


def joined(runs: Iterable[range]) -> tuple[range, ...]:
    """Return the fewest ranges of step 1, ascending: those that meet are joined, empty ones are left out."""
    whole: list[range] = []
    for run in sorted((run for run in runs if run), key=lambda run: run.start):
        if whole and run.start <= whole[-1].stop:
            whole[-1] = range(whole[-1].start, max(whole[-1].stop, run.stop))
        else:
            whole.append(run)
    return tuple(whole)


def removed(runs: Iterable[range], gone: Iterable[range]) -> tuple[range, ...]:
    """Return the rest of ``runs`` without the numbers of ``gone``."""
    left: list[range] = []
    holes = joined(gone)
    position = 0
    for run in joined(runs):
        start = run.start
        while position < len(holes) and holes[position].stop <= start:
            position += 1
        at = position
        while at < len(holes) and holes[at].start < run.stop:
            left.append(range(start, holes[at].start))
            start = holes[at].stop
            at += 1
        left.append(range(start, run.stop))
    return tuple(run for run in left if run)


__all__ = ["UnitContext", "Units", "joined", "removed", "runs_of"]
