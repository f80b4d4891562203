"""Seats for the people of a list are chosen exactly: against every way to seat them, tried one by one."""

from itertools import permutations

from hypothesis import example, given
from hypothesis import strategies as st

from enrolments.lists.matching import Demand, Matching

KINDS = 3
demands = st.dictionaries(st.integers(0, KINDS - 1), st.integers(0, 1), max_size=KINDS)


def seated(free, people, places):
    """Return which people get a seat, in their order, as the judgement of a list does it."""
    matching, given_to, left = Matching(free), {}, places
    for number, demand in enumerate(people):
        way = matching.find(demand)
        if way is not None and way.places <= left:
            matching.take(way)
            left -= way.places
            given_to[number] = demand
    return matching, given_to, places - left


def fewest_places(free, people):
    """Return the fewest places by which all people are seated, None if they cannot be, by trying every way."""
    seats = [kind for kind, number in enumerate(free) for _seat in range(number)]
    ways = [
        sum(person.kinds[kind] for person, kind in zip(people, chosen, strict=True))
        for chosen in permutations(seats, len(people))
        if all(kind in person.kinds for person, kind in zip(people, chosen, strict=True))
    ]
    return min(ways, default=None)


@given(
    free=st.lists(st.integers(0, 2), min_size=KINDS, max_size=KINDS),
    kinds=st.lists(demands, min_size=1, max_size=3),
    people=st.lists(st.integers(0, 2), max_size=5),
    places=st.integers(0, 4),
)
@example(free=[1, 1, 0], kinds=[{0: 0, 1: 0}, {0: 0}], people=[0, 1], places=0)
@example(free=[1, 1, 0], kinds=[{0: 0, 1: 1}, {0: 0}], people=[0, 1], places=1)
def test_nobody_is_refused_who_could_be_seated_with_all_before_them(free, kinds, people, places):
    alike = [Demand(each) for each in kinds]
    wanted = [alike[number % len(alike)] for number in people]

    matching, given_to, taken = seated(free, wanted, places)

    together: list[Demand] = []
    for number, person in enumerate(wanted):
        needed = fewest_places(free, [*together, person])
        assert (number in given_to) == (needed is not None and needed <= places)
        if number in given_to:
            together.append(person)
    assert taken == (fewest_places(free, together) if together else 0)
    for demand in {*given_to.values()}:
        of_demand = matching.kinds_of(demand)
        assert len(of_demand) == sum(each is demand for each in given_to.values())
        assert {*of_demand} <= {*demand.kinds}
    used = [kind for demand in {*given_to.values()} for kind in matching.kinds_of(demand)]
    assert [used.count(kind) + matching.free[kind] for kind in range(KINDS)] == free


def test_a_person_moves_to_another_seat_only_for_one_who_has_no_choice():
    either, first = Demand({0: 0, 1: 0}), Demand({0: 0})
    matching, _given, _taken = seated([2, 1], [either, either, first], 0)

    assert matching.kinds_of(either) == [0, 1]
    assert matching.kinds_of(first) == [0]
    assert matching.find(first) is None
