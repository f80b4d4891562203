"""Exact choice of seats for the people of a list, where not every seat serves everybody: plain values, no database.

Seats that serve equally are a kind, and people who can take the same ones a demand. A person who was given a seat keeps
one, perhaps of another kind than at first: so nobody is refused who could be seated together with all before them.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(eq=False, slots=True)
class Demand:
    """People whom the same seats serve: kinds of seats, the best one first, with the places of the course (0 or 1) that
    a seat of the kind takes for one of them."""

    kinds: dict[int, int]


@dataclass(frozen=True, slots=True)
class Way:
    """Way to seat one more person: pairs of a demand and the kind from which one of its people moves (None: the new
    person), each with the kind they get. `places` are those that the course loses by it."""

    steps: tuple[tuple[Demand, int | None, int], ...]
    places: int


class Matching:
    """Free seats, by kind, and how many of each the demands were given; as few places are taken as possible."""

    def __init__(self, free: Sequence[int]) -> None:
        self.free = list(free)
        self._given: list[Counter[Demand]] = [Counter() for _kind in free]
        # A demand without a way gets none later: more people only take seats.
        self._lost: set[int] = set()

    def find(self, demand: Demand) -> Way | None:
        """Return the way to one more seat for a demand that takes the fewest places; None if there is none."""
        least = min(demand.kinds.values(), default=0)
        for kind, places in demand.kinds.items():
            if places == least and self.free[kind]:
                return Way(((demand, None, kind),), places)
        if id(demand) in self._lost:
            return None
        way = self._search(demand)
        if way is None:
            self._lost.add(id(demand))
        return way

    def take(self, way: Way) -> None:
        """Seat the person of a way just found."""
        for demand, left, kind in way.steps:
            self._given[kind][demand] += 1
            if left is not None:
                self._given[left][demand] -= 1
        self.free[way.steps[-1][2]] -= 1

    def kinds_of(self, demand: Demand) -> list[int]:
        """Return the kind of each seat given to a demand, the best one first."""
        return [kind for kind in demand.kinds for _seat in range(self._given[kind][demand])]

    def _search(self, demand: Demand) -> Way | None:
        """Search by Bellman and Ford: a move may give back a place that an earlier person took."""
        places = dict(demand.kinds)
        came: dict[int, tuple[Demand, int | None]] = dict.fromkeys(places, (demand, None))
        queue = deque(places)
        while queue:
            kind = queue.popleft()
            for other, number in self._given[kind].items():
                for to, needed in other.kinds.items() if number else ():
                    new = places[kind] - other.kinds[kind] + needed
                    if to not in places or new < places[to]:
                        places[to], came[to] = new, (other, kind)
                        queue.append(to)
        free = [kind for kind in places if self.free[kind]]
        if not free:
            return None
        last = min(free, key=places.__getitem__)
        steps: list[tuple[Demand, int | None, int]] = []
        at: int | None = last
        while at is not None:
            mover, left = came[at]
            steps.append((mover, left, at))
            at = left
        return Way(tuple(reversed(steps)), places[last])
