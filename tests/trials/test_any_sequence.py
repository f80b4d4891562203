"""Any sequence.

Everything that can happen to a shop, in any order: the rules of the domain hold after every step.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from functools import partial
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from accounts.members.models import CustomerAccount
from enrolments.seats.generate import generate_seats
from enrolments.seats.many import Act
from enrolments.seats.moves import SeatNotFound
from enrolments.seats.release import Released
from handlers.contract import Feedback
from handlers.registry import temporary
from tests.ordeal import Trial
from tests.trials.any_sequence.frame import Tally
from tests.trials.any_sequence.machine import AnySequence
from tests.trials.any_sequence.world import MOODY, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def tally(caplog: pytest.LogCaptureFixture) -> Iterator[Tally]:
    """Make the world, shared by the test's sequences, each of which is rolled back; return the tally."""
    AnySequence.world = make_world()
    AnySequence.tally = Tally()
    caplog.set_level(logging.CRITICAL, logger="outbox")  # deliveries fail by the dozen
    with ExitStack() as moods:
        for handler in MOODY:
            moods.enter_context(temporary(handler))
        yield AnySequence.tally


def run(*, examples: int, steps: int, seeded: int, phases: tuple[Phase, ...] = (Phase.generate, Phase.shrink)) -> None:
    run_state_machine_as_test(
        seed(seeded)(AnySequence),
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            phases=phases,
            deadline=None,
            database=None,
            print_blob=True,
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_the_rules_hold_after_every_step(trial: Trial, tally: Tally, request: pytest.FixtureRequest) -> None:
    """Cart, checkout, money, delivery, seats, claims, giving back and clocks in any order"""
    asked = request.config.getoption("--hypothesis-seed", default=None)
    seeded = int(asked) if asked else secrets.randbits(32)
    print(f"The same sequences again: pytest --hypothesis-seed={seeded}")
    for batch in range(trial.size(1, 8)):  # each batch draws anew, and reaches states that another seldom reaches
        run(examples=trial.size(8, 15), steps=trial.size(25, 50), seeded=seeded + batch)

    trial.note("seed", seeded)
    trial.note("sequences", tally.examples)
    trial.note("steps, each followed by every rule of the shop", tally.steps)
    for what in sorted(tally.done | tally.refused):
        trial.note(what, f"{tally.done[what]} done, {tally.refused[what]} refused")
    for state in sorted(tally.reached):
        trial.note(state, tally.reached[state])
    if trial.is_full:
        play(TOUR)
        play(AT_THE_DESK)
        assert {what for what in tally.done | tally.refused if not tally.done[what]} == set()


Step = tuple[str, dict[str, Any]]


def buy(who: str, index: int, number: int = 1, *participants: tuple[str, str], email: str = "alice") -> Step:
    return (
        "buy",
        {"who": who, "index": index, "number": number, "participants": list(participants), "email": email},
    )


def money(what: str, n: int = 0) -> Step:
    return "money_talks", {"what": what, "n": n}


def fail(mood: str, times: int = 1) -> Step:
    return "fail", {"mood": mood, "times": times}


def assign(who: str, n: int = 0) -> Step:
    return "assign", {"n": n, "odd": "", "who": who, "course": 0, "by": 0, "as_tutor": False}


def confirm(*, differs: bool = False) -> Step:
    return (
        "confirm",
        {"n": 0, "any_order": False, "differs": differs, "is_what_arrived": differs, "reference": f"VIR {differs}"},
    )


def change(what: str, n: int = 0, m: int = 0) -> Step:
    return "merchant_changes", {"what": what, "n": n, "m": m, "who": "quentin"}


BUY_SEATS, BUY_A_SESSION = buy("alice", 0, 2), buy("alice", 2, 2, ("nina", "student"))
SETTLE: Step = ("settle", {"n": 0})
DELIVER: Step = ("fulfil", {"limit": 4})
RELEASE: Step = ("release", {"n": 0, "any_seat": False, "is_own": True})
EXPIRE: Step = ("expire", {"n": 0})
LATE_MONEY: Step = ("late_money", {"n": 0})
ALL_OF_IT: dict[str, Any] = {"n": 0, "any_order": False, "first": 0, "number": 1, "whole": True, "yes": True}
GIVE_BACK: Step = ("give_back", ALL_OF_IT | {"money": True})
PAY_BACK: Step = ("pay_back", {"n": 1})
GIVE_BACK_FOR_NOTHING: Step = ("give_back", ALL_OF_IT | {"money": False})
SEATS = (BUY_SEATS, SETTLE, DELIVER)

REPLACE: Step = ("replace", {"n": 0, "who": "pia", "by": 0})
LAPSE: Step = ("lapse", {"n": 0})
JOIN: Step = ("join_by_link", {"n": 0, "by": 0, "who": "nina", "course": 1})
ASK: Step = ("request_placed", {"n": 0, "by": 0, "who": 0, "course": 0})
CORRECT: Step = ("correct_address", {"n": 0})


def act_on_many(act: Act, where: int = 0) -> Step:
    return "act_on_many", {"n": 0, "by": 0, "act": act, "where": where}


def place_a_list(*who: str, course: int = 1) -> Step:
    return "place_a_list", {"n": 0, "by": 0, "who": list(who), "course": course, "mode": "all"}


# A pack filled, moved and emptied in every way of the desk.
AT_THE_DESK: tuple[Step, ...] = (
    buy("alice", 0, 2),
    ("settle", {"n": -1}),
    DELIVER,
    place_a_list("nina", "omar"),
    ASK,
    CORRECT,
    act_on_many(Act.INVITE),
    act_on_many(Act.MOVE, where=0),
    REPLACE,
    LAPSE,
    JOIN,
    act_on_many(Act.RELEASE),
)

WITHOUT_PLACES: tuple[Step, ...] = (
    buy("visitor", 6, email="pia"),
    ("change_method", {"n": -1, "any_order": False, "method": "transfer"}),
    ("wait_unproved", {"n": -1}),
)

# Every step of the machine once, so that no rule is left unreached.
TOUR: tuple[Step, ...] = (
    ("add", {"who": "alice", "index": 0, "number": 2}),
    ("change_quantity", {"n": 0, "number": 1}),
    ("add", {"who": "alice", "index": 8, "number": 1}),
    ("remove", {"n": 1}),
    ("place", {"n": 0, "email": "alice", "new_account": False, "is_stale": False, "bob_operates": True}),
    ("place_again", {}),
    ("change_method", {"n": 0, "any_order": False, "method": "transfer"}),
    *(money(what) for what in ("wrong", "decline", "after all", "again", "no more", "second")),
    fail("refuses"),
    ("retry", {"n": 0, "any_line": False}),
    fail("trouble", 9),
    ("retry_a_job", {"n": 0, "any_job": False}),
    fail("crash"),
    DELIVER,
    assign("nina"),
    assign("nina"),
    RELEASE,
    assign("omar"),
    ("move", {"n": 0, "where": 1, "to_session": False, "is_own": True}),
    ("enter", {"n": 0, "again": False}),
    ("add", {"who": "carol", "index": 2, "number": 2}),
    ("answer_unit_forms", {"n": 0, "participants": [("pia", "student")]}),
    buy("visitor", 2, email="carol"),
    SETTLE,
    DELIVER,
    ("claim", {"n": 0, "is_theirs": True}),
    ("move_claimed", {"n": 0}),
    assign("pia", n=2),
    ("expire_a_seat", {"n": 0}),
    GIVE_BACK,  # a seat in use, and two that have expired
    PAY_BACK,
    GIVE_BACK,  # one that is assigned
    PAY_BACK,
    buy("alice", 1),
    ("begin_card", {"n": 0, "choice": "succeed"}),
    ("return_from_card", {"n": 0}),
    DELIVER,
    GIVE_BACK,  # one that is free
    PAY_BACK,
    buy("alice", 3),
    confirm(differs=True),
    confirm(),
    GIVE_BACK,  # before the delivery
    PAY_BACK,
    buy("alice", 1),
    SETTLE,
    DELIVER,
    GIVE_BACK_FOR_NOTHING,
    buy("alice", 3),
    EXPIRE,
    LATE_MONEY,
    buy("alice", 3),
    ("cancel", {"n": 0, "any_order": False}),
    LATE_MONEY,
    *(change(what) for what in ("enrol", "end", "entry", "course")),
    buy("alice", 3, 2),
    EXPIRE,
    buy("carol", 2, 2),
    LATE_MONEY,  # too late: two of the four places went to the last two orders, two to Carol
    ("cancel", {"n": 0, "any_order": False}),
    LATE_MONEY,  # places are free again
    *WITHOUT_PLACES,
    ("prove", {"n": -1}),
    *WITHOUT_PLACES,
    ("settle", {"n": -1}),  # money takes the places again
    ("time_passes", {"pause": timedelta(minutes=20)}),
    ("send_mails", {"limit": 3}),
)


def refuse_and_leave_something(**_asked: Any) -> None:
    CustomerAccount.objects.create(name="left behind")
    raise SeatNotFound


# By rule: its guard, the result put in the guard's place, and a sequence that needs the guard.
GUARDS: dict[str, tuple[str, Any, tuple[Step, ...]]] = {
    "a seat in use is one live ground": (
        "enrolments.seats.release.end_grounds", None, (*SEATS, assign("omar"), RELEASE)
    ),
    "an enrolment is open exactly while it has a ground": (
        "enrolments.grounds.enrol._derive_periods", [], (*SEATS, assign("omar"), RELEASE)
    ),
    "only what was given back is revoked": (
        "shop.orders.giving_back.services.GivingBack.objects.bulk_create", None, (*SEATS, GIVE_BACK)
    ),
    "a unit tells what the row of its giving back tells": (
        "shop.orders.giving_back.services.OrderUnit", None, (*SEATS, GIVE_BACK)
    ),
    "an order is refunded when all of it was given back and all that was owed was paid back": (
        "shop.orders.giving_back.paying_back.move_order", None, (*SEATS, GIVE_BACK, PAY_BACK)
    ),
    "a unit given back has no seat": (
        "handlers.std_generateseats.handler.take_back_seats", Feedback(), (*SEATS, GIVE_BACK)
    ),
    "places are held from checkout until delivery": (
        "shop.orders.ending.undo_pre_payment", None, (BUY_A_SESSION, EXPIRE)
    ),
    "no course holds more people than it has places": (
        "enrolments.courses.places.services.refuse_overfull", None,
        (BUY_A_SESSION, EXPIRE, buy("carol", 2, 4), LATE_MONEY),
    ),
    "a line to be delivered has its job": ("shop.orders.fulfilment.enqueue_many", None, (BUY_SEATS, SETTLE)),
    "a paid order has one settlement": ("shop.payments.requests.release.insert_row", None, (BUY_SEATS, SETTLE)),
}  # fmt: skip


FILLED: tuple[Step, ...] = (*SEATS, assign("omar"))
GROUND = "a seat in use is one live ground"

# By step of the desk: a fault planted in its service, what the machine says of it, and a sequence that meets it.
PLANTED: dict[str, tuple[str, Any, str, tuple[Step, ...]]] = {
    "replace": ("enrolments.seats.assign.write_grounds", None, GROUND, (*FILLED, REPLACE)),
    "lapse": ("enrolments.seats.release.end_grounds", None, GROUND, (*FILLED, LAPSE)),
    "move many": ("enrolments.seats.move.write_grounds", None, GROUND, (*FILLED, act_on_many(Act.MOVE, where=1))),
    "release many": (
        "enrolments.runs.running.release_seats", Released({}, {}), "what is done is done",
        (*FILLED, act_on_many(Act.RELEASE)),
    ),
    "invite many": (
        "enrolments.runs.running.mail_people_again", {}, "each person is invited once",
        (*FILLED, act_on_many(Act.INVITE)),
    ),
    "list": ("enrolments.seats.assign.write_grounds", None, GROUND, (*SEATS, place_a_list("nina", "omar"))),
    "request": ("enrolments.requests.services._answer", None, "a request is answered once", (*FILLED, ASK)),
    "join": ("enrolments.seats.assign.write_grounds", None, GROUND, (*SEATS, JOIN)),
    "address": ("enrolments.people.edit._move", None, "the address is corrected", (*FILLED, CORRECT)),
}  # fmt: skip


def play(steps: tuple[Step, ...]) -> None:
    """Run a sequence of steps, with every check after each step."""
    machine = AnySequence()
    try:
        machine.everything_holds()
        for step, asked in steps:
            getattr(machine, step)(**asked)
            machine.everything_holds()
    finally:
        machine.teardown()


def test_a_tour_reaches_every_rule_and_every_deep_state(tally: Tally) -> None:
    play(TOUR)
    play(AT_THE_DESK)
    assert dict(tally.refused) == {}
    rules = {rule.function.__name__ for rule in AnySequence.setup_state().rules}
    assert {step for step, _asked in (*TOUR, *AT_THE_DESK)} == rules
    assert {state for state, times in tally.reached.items() if not times} == set()
    assert {f"late money of an order expired: {outcome}" for outcome in ("late", "settled")} <= tally.reached.keys()


@pytest.mark.parametrize("rule", GUARDS)
def test_without_its_guard_a_rule_is_broken(tally: Tally, rule: str) -> None:
    guard, instead, steps = GUARDS[rule]
    play(steps)
    with patch(guard, return_value=instead), pytest.raises(AssertionError, match=rule):
        play(steps)


@pytest.mark.parametrize("step", PLANTED)
def test_a_fault_planted_in_a_step_of_the_desk_is_found(tally: Tally, step: str) -> None:
    guard, instead, said, steps = PLANTED[step]
    play(steps)
    with patch(guard, return_value=instead), pytest.raises(AssertionError, match=said):
        play(steps)


def test_a_refusal_that_leaves_something_behind_is_found(tally: Tally) -> None:
    steps = (*SEATS, assign("omar"), ("release", {"n": 0, "any_seat": False, "is_own": False}))
    play(steps)
    with (
        patch("tests.trials.any_sequence.seats.release_seat", refuse_and_leave_something),
        pytest.raises(AssertionError, match="was refused and changed something"),
    ):
        play(steps)


def test_the_machine_finds_packs_that_are_too_small_by_itself(tally: Tally) -> None:
    with (
        patch("handlers.std_generateseats.handler.generate_seats", partial(_one_seat_less, generate_seats)),
        pytest.raises(AssertionError, match="a line has as many seats as were delivered"),
    ):
        run(examples=200, steps=5, seeded=1, phases=(Phase.generate,))


def _one_seat_less(generate: Callable[..., Any], *, packsize: int, **others: Any) -> Any:
    return generate(packsize=max(1, packsize - 1), **others)
