"""`make mutate`: where faults are planted, which, and that the tests of a line meet them."""

import importlib.util
import sys
from pathlib import Path

import pytest

from tests.mutation.covering import Recorded
from tests.mutation.faults import Fault, all_faults, apply, draw
from tests.mutation.planted import plant
from tests.mutation.report import key_of, read_reasons
from tests.mutation.sample import still_holds
from tests.mutation.targets import is_target, module_name, targets
from tests.mutation.verdicts import Found, Verdict

SERVICE = '''\
from django.db import transaction

LIMIT = 5
OPEN = "SELECT id FROM enrolments_seat WHERE closed_at IS NULL"


@transaction.atomic
def take(*, seats, now, note=""):
    """Take what is free: at most LIMIT."""
    if len(seats) > LIMIT:
        raise ValueError("Too many seats.")
    free = seats.filter(state="free", due_at__lt=now)
    free.update(note=note)
    return free.count()
'''


def made_of(text):
    return {
        (fault.was.strip().split("\n")[0], fault.became.strip().split("\n")[0])
        for fault in all_faults("shop/services/take.py", text)
    }


@pytest.mark.parametrize(
    ("fault", "became"),
    [
        ("if len(seats) > LIMIT:", "if len(seats) >= LIMIT:"),
        ("if len(seats) > LIMIT:", "if not (len(seats) > LIMIT):"),
        ('free = seats.filter(state="free", due_at__lt=now)', "free = seats.filter(due_at__lt=now)"),
        ('free = seats.filter(state="free", due_at__lt=now)', 'free = seats.filter(state="free", )'),
        ("free.update(note=note)", "..."),
        ("LIMIT = 5", "LIMIT = 6"),
        (
            'OPEN = "SELECT id FROM enrolments_seat WHERE closed_at IS NULL"',
            'OPEN = "SELECT id FROM enrolments_seat WHERE closed_at IS NOT NULL"',
        ),
    ],
)
def test_bounds_conditions_filters_calls_and_sql_are_changed(fault, became):
    assert (fault, became) in made_of(SERVICE)


def test_words_annotations_and_docstrings_are_left_alone():
    changed = {was for was, _became in made_of(SERVICE)}

    assert (
        'free = seats.filter(state="free", due_at__lt=now)',
        'free = seats.filter(state="FREE", due_at__lt=now)',
    ) not in (made_of(SERVICE))
    assert not any("Too many seats" in was or "Take what is free" in was for was in changed)


def test_each_fault_makes_python_of_the_module_and_is_found_again():
    for fault in all_faults("shop/services/take.py", SERVICE):
        text = apply(fault, SERVICE)
        assert text != SERVICE
        compile(text, "take.py", "exec")


def test_a_module_that_changed_meanwhile_gets_no_fault():
    fault = next(iter(all_faults("shop/services/take.py", SERVICE)))

    with pytest.raises(ValueError, match="not as it was"):
        apply(fault, SERVICE.replace("LIMIT", "MOST"))


def test_a_fault_knows_the_lines_or_the_names_that_meet_it():
    found = {fault.was.strip(): fault for fault in all_faults("shop/services/take.py", SERVICE)}

    assert found["free.update(note=note)"].lines == (13,)
    assert (found["LIMIT = 5"].lines, found["LIMIT = 5"].names) == ((), ("LIMIT",))
    assert found["free.update(note=note)"].inside == "take"


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("shop/payments/services/settle.py", "x = 1", True),
        ("shop/orders/transitions.py", "x = 1", True),
        ("shop/cart/join.py", "@transaction.atomic\ndef join(): ...", True),
        ("shop/cart/views.py", "@transaction.atomic\ndef join(): ...", False),
        ("shop/cart/models/cart.py", "x = 1", False),
        ("shop/services/__init__.py", "\n", False),
    ],
)
def test_what_decides_or_writes_is_a_target_wherever_it_lies(path, text, expected):
    assert is_target(Path(path), text) is expected


def test_every_target_can_be_imported_by_its_name():
    names = [module_name(path) for path in targets()]

    assert len(names) > 50
    assert [name for name in names if importlib.util.find_spec(name) is None] == []


def test_a_planted_module_is_imported_with_its_fault_and_the_file_stays(tmp_path, monkeypatch):
    (tmp_path / "planted_for_a_test.py").write_text("LIMIT = 5\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path])

    plant(name="planted_for_a_test", path=str(tmp_path / "planted_for_a_test.py"), text="LIMIT = 6\n")
    import planted_for_a_test

    assert planted_for_a_test.LIMIT == 6
    assert (tmp_path / "planted_for_a_test.py").read_text() == "LIMIT = 5\n"
    del sys.modules["planted_for_a_test"]


@pytest.mark.parametrize(
    ("text", "is_changed"),
    [("Run = Callable[[int], None]\n", False), ("Pair = tuple[int, int]\n", False), ("CHOSEN = NAMES[2]\n", True)],
)
def test_a_type_given_a_name_is_left_alone(text, is_changed):
    assert any(all_faults("shop/services/take.py", text)) is is_changed


def test_a_change_of_the_shop_changes_nothing_else_of_the_sample():
    texts = {"shop/services/take.py": SERVICE, "outbox/services/give.py": SERVICE.replace("take", "give")}
    changed = {**texts, "shop/services/take.py": SERVICE.replace("LIMIT = 5", "LIMIT = 9\nMOST = 4")}
    before, after = draw(texts, size=99, seed=1), draw(changed, size=99, seed=1)

    assert draw(texts, size=3, seed=1) == before[:3]
    assert draw(texts, size=99, seed=2) != before
    assert [of_other_lines(fault) for fault in before if of_other_lines(fault)] == [
        of_other_lines(fault) for fault in after if of_other_lines(fault)
    ]


def of_other_lines(fault):
    """Return a fault's module and change, None for one of the lines that changed."""
    is_of_changed = fault.path.endswith("take.py") and fault.became.startswith(("LIMIT =", "MOST ="))
    return None if is_of_changed else (fault.path, fault.was, fault.became)


@pytest.mark.parametrize(
    ("verdict", "changed", "expected"),
    [
        (Verdict.KILLED, "shop/other.py", True),
        (Verdict.KILLED, "shop/services/take.py", False),
        (Verdict.KILLED, "tests/shop/test_take.py", False),
        (Verdict.SURVIVED, "shop/other.py", False),
        (Verdict.ENDLESS, "shop/other.py", False),
    ],
)
def test_a_finding_holds_while_the_module_and_the_test_that_noticed_are_as_they_were(verdict, changed, expected):
    found = Found(fault_at(13), verdict, 3, 1.0, "tests/shop/test_take.py::test_bounds")
    before = dict.fromkeys(("shop/services/take.py", "tests/shop/test_take.py", "shop/other.py"), "as it was")

    assert still_holds(found, before, before | {changed: "new"}) is expected
    assert not still_holds(found, before, {path: digest for path, digest in before.items() if "take" not in path})


def test_nothing_is_planted_too_late():
    with pytest.raises(RuntimeError, match="imported before"):
        plant(name="pytest", path=pytest.__file__, text="")


def fault_at(*lines, names=()):
    return Fault("shop/services/take.py", 1, "", "", lines, names, "take")


class TestTestsOfAFault:
    @pytest.fixture
    def recorded(self):
        recorded = Recorded(Path())
        recorded.__dict__["seconds"] = {"a.py::quick": 0.1, "a.py::slow": 9.0, "a.py::next": 0.2, "b.py::only": 1.0}
        recorded.__dict__["_lines"] = {
            "shop/services/take.py": {
                13: {"a.py::quick", "a.py::slow", "a.py::next", "b.py::only", "c.py::failed"},
                14: {"a.py::slow"},
            },
            "shop/cart/views.py": {2: {"b.py::only"}},
        }
        recorded.__dict__["_texts"] = {"shop/cart/views.py": ["# LIMIT", "if quantity > LIMIT:", "UNLIMITED"]}
        return recorded

    def test_are_the_cheapest_of_each_file_first(self, recorded):
        assert recorded.tests_of(fault_at(13), at_most=100) == ["a.py::quick", "b.py::only", "a.py::next", "a.py::slow"]

    def test_are_those_of_the_room_first(self, recorded):
        of_room = {
            "tests/shop/services/test_take.py::dear": 9.0,
            "tests/shop/test_carts.py::cheap": 0.1,
            "tests/shop/services/deeper/test_more.py::middling": 2.0,
        }
        others = {"tests/shop/cart/test_cart.py::quick": 0.01, "tests/test_all.py::quick": 0.01}
        recorded.__dict__["seconds"] = of_room | others
        recorded.__dict__["_lines"]["shop/services/take.py"][13] = {*of_room, *others}

        assert recorded.tests_of(fault_at(13), at_most=100) == [
            "tests/shop/test_carts.py::cheap",
            "tests/shop/services/deeper/test_more.py::middling",
            "tests/shop/services/test_take.py::dear",
            "tests/shop/cart/test_cart.py::quick",
            "tests/test_all.py::quick",
        ]

    def test_of_the_room_leave_time_for_others(self, recorded):
        recorded.__dict__["seconds"] = {"tests/shop/test_a.py::x": 6.0, "tests/shop/test_b.py::x": 6.5, "b.py::x": 4.0}
        recorded.__dict__["_lines"]["shop/services/take.py"][13] = set(recorded.seconds)

        assert recorded.tests_of(fault_at(13), at_most=10) == ["tests/shop/test_a.py::x", "b.py::x"]

    def test_take_no_longer_than_they_may(self, recorded):
        assert recorded.tests_of(fault_at(13), at_most=2) == ["a.py::quick", "b.py::only", "a.py::next"]

    def test_are_one_at_least(self, recorded):
        assert recorded.tests_of(fault_at(14), at_most=2) == ["a.py::slow"]

    def test_of_a_constant_run_a_line_that_names_it(self, recorded):
        assert recorded.tests_of(fault_at(names=("LIMIT",)), at_most=100) == ["b.py::only"]

    def test_of_a_constant_that_imports_alone_name_are_those_of_its_module(self, recorded):
        assert recorded.tests_of(fault_at(names=("LEAST",)), at_most=2) == ["a.py::quick", "b.py::only", "a.py::next"]

    def test_of_a_line_that_nothing_runs_are_none(self, recorded):
        assert recorded.tests_of(fault_at(99), at_most=100) == []


def test_a_reason_is_found_though_the_module_moved_and_was_indented_anew():
    assert key_of("take", "    if a  > b:", "if a >= b:") == key_of("take", "if a > b:", "if a >= b:")
    assert all(read_reasons().values())
