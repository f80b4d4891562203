"""The units of a line as a value: like a list of units, at the price of one."""

from __future__ import annotations

import sys
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers import units as module
from handlers.contract import DraftLine, UnitContext, Units, runs_of
from handlers.testing import visitor_line
from handlers.units import joined, removed

indexes = st.sets(st.integers(0, 40))
runs = st.lists(st.builds(lambda start, length: range(start, start + length), st.integers(0, 40), st.integers(0, 8)))


def numbers(some_runs) -> set[int]:
    return {number for run in some_runs for number in run}


def in_hand(some) -> list[UnitContext]:
    """Return the units as a plain list; every third one has an answer."""
    return [UnitContext(index, {"n": index} if index % 3 == 0 else {}) for index in sorted(some)]


@given(indexes)
def test_they_are_a_sequence_of_units_by_index(some):
    plain = in_hand(some)
    units = Units.of(reversed(plain))

    assert (list(units), len(units), bool(units)) == (plain, len(plain), bool(plain))
    assert list(reversed(units)) == plain[::-1]
    assert [units[place] for place in range(-len(plain), len(plain))] == plain + plain
    assert list(units.answered) == [unit for unit in plain if unit.answers]
    assert Units.of(units) is units
    for place in (len(plain), -len(plain) - 1):
        with pytest.raises(IndexError):
            units[place]


@given(indexes, st.integers(-50, 50), st.integers(-50, 50))
def test_a_slice_is_units_again(some, first, last):
    plain, units = in_hand(some), Units.of(in_hand(some))

    assert units[first:last] == Units.of(plain[first:last])
    assert list(units[first:last]) == plain[first:last]


def test_units_are_not_taken_in_steps():
    with pytest.raises(ValueError, match="one after the other"):
        Units.first(9)[::2]


@given(indexes, runs, indexes)
def test_some_can_be_left_out_and_some_picked(some, gone, wanted):
    plain, units = in_hand(some), Units.of(in_hand(some))

    assert list(units.without(gone)) == [unit for unit in plain if unit.index not in numbers(gone)]
    assert list(units.among(wanted)) == [unit for unit in plain if unit.index in wanted]
    assert {index for index in range(60) if index in units} == some
    assert all(unit in units for unit in plain)


@given(runs, runs)
def test_runs_are_as_few_as_can_be_and_ascending(some, gone):
    for made, expected in ((joined(some), numbers(some)), (removed(some, gone), numbers(some) - numbers(gone))):
        assert numbers(made) == expected
        assert all(made)
        assert all(one.stop < other.start for one, other in pairwise(made))


def test_runs_of_units_and_of_indexes():
    assert runs_of([4, 1, 2]) == runs_of([UnitContext(2), UnitContext(4), UnitContext(1)]) == (range(1, 3), range(4, 5))
    assert runs_of(Units.first(3)) == (range(3),)


def test_what_is_not_a_unit_is_not_among_them():
    units = Units.first(3)
    assert "1" not in units
    assert UnitContext(3) not in units
    assert units != [UnitContext(0), UnitContext(1), UnitContext(2)]
    assert repr(Units.first(2, [UnitContext(1, {"n": 1})])).startswith("Units([range(0, 2)], [UnitContext(index=1")


def test_a_hundred_thousand_cost_what_one_costs(monkeypatch):
    made = []
    monkeypatch.setattr(module, "UnitContext", lambda *args: made.append(args) or UnitContext(*args))

    units = Units.first(100_000).without([range(5, 50_000)])

    assert (len(units), units[5].index, made) == (50_005, 50_000, [(50_000,)])
    assert sys.getsizeof(units.runs) < 100


@pytest.mark.django_db
def test_units_in_hand_become_units_of_a_line():
    plain = (UnitContext(0), UnitContext(1, {"name": "Ada"}))
    line = visitor_line("std_generateseats", units=plain)

    assert line.units == DraftLine(0, "ENTRY", {}, plain).units == Units.of(plain)
