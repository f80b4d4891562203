"""Strategies of the steps: people, entries, quantities, answers, and numbers that pick one of several things."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from hypothesis import strategies as st

from enrolments.courses.roles.models import Role
from tests.trials.any_sequence import world

T = TypeVar("T")

# Picks one of several things: `one_of` counts round, so that any number means one.
some = st.integers(0, 60)
often = st.sampled_from([True, True, True, False])
seldom = st.sampled_from([False, False, False, True])
whoever = st.sampled_from([*world.VISITORS, *world.MEMBERS])
person = st.sampled_from(world.PEOPLE)
quantity = st.integers(1, 4)
entry_index = st.integers(0, 9)
typed = st.lists(st.tuples(person, st.sampled_from([Role.STUDENT, Role.STUDENT, Role.TUTOR])), max_size=4)


def one_of(things: Sequence[T], n: int) -> T:
    return things[n % len(things)]
