"""Any sequence.

Everything that can happen to a shop, in any order: the rules of the domain hold after every step.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import Phase

from accounts.members.models import CustomerAccount
from enrolments.seats.generate import generate_seats
from enrolments.seats.many import Act
from enrolments.seats.moves import SeatNotFound
from enrolments.seats.release import Released
from handlers.contract import Feedback
from handlers.registry import temporary
from tests.ordeal import Trial
from tests.trials.any_sequence.machine import AnySequence
from tests.trials.any_sequence.tours import (
    A_PACK,
    AFTER_THE_SALE,
    ASK,
    AT_THE_DESK,
    BUY_A_SESSION,
    BUY_SEATS,
    CORRECT,
    EXPIRE,
    GIVE_BACK,
    GIVEN_AWAY,
    JOIN,
    LAPSE,
    LATE_MONEY,
    LEAVE,
    LET_OFFER_LAPSE,
    MORE_TIME,
    OFFERED,
    PAY_BACK,
    RELEASE,
    REPLACE,
    SEATS,
    SETTLE,
    TOUR,
    Step,
    act_on_many,
    assign,
    buy,
    extend,
    place_a_list,
    take_offer,
)
from tests.trials.any_sequence.world import MOODY, make_world
from tests.trials.sequences import Tally, note_tally, run, seed_of

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


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_the_rules_hold_after_every_step(trial: Trial, tally: Tally, request: pytest.FixtureRequest) -> None:
    """Cart, checkout, money, delivery, seats, claims, giving back and clocks in any order"""
    seeded = seed_of(request)
    for batch in range(trial.size(1, 8)):  # each batch draws anew, and reaches states that another seldom reaches
        run(AnySequence, examples=trial.size(8, 15), steps=trial.size(25, 50), seeded=seeded + batch)

    note_tally(trial, tally, seeded=seeded, of="the shop")
    if trial.is_full:
        play(TOUR)
        play(AT_THE_DESK)
        for sequence in AFTER_THE_SALE:
            play(sequence)
        assert {what for what in tally.done | tally.refused if not tally.done[what]} == set()


def refuse_and_leave_something(**_asked: Any) -> None:
    CustomerAccount.objects.create(name="left behind")
    raise SeatNotFound


# By rule: its guard, the result put in the guard's place, and a sequence that needs the guard.
GUARDS: dict[str, tuple[str, Any, tuple[Step, ...]]] = {
    "a seat in use is one live ground": (
        "enrolments.seats.release.end_grounds", None, (*SEATS, assign("omar"), RELEASE)
    ),
    "an enrolment is open exactly while it has a ground": (
        "enrolments.grounds.ending.derive_periods", [], (*SEATS, assign("omar"), RELEASE)
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
        "enrolments.seats.many.release_seats", Released({}, {}), "what is done is done",
        (*FILLED, act_on_many(Act.RELEASE)),
    ),
    "invite many": (
        "enrolments.seats.many.mail_people_again", {}, "each person is invited once",
        (*FILLED, act_on_many(Act.INVITE)),
    ),
    "list": ("enrolments.seats.assign.write_grounds", None, GROUND, (*SEATS, place_a_list("nina", "omar"))),
    "request": ("enrolments.requests.services._answer", None, "a request is answered once", (*FILLED, ASK)),
    "join": ("enrolments.seats.assign.write_grounds", None, GROUND, (*SEATS, JOIN)),
    "address": ("enrolments.people.edit._move", None, "the address is corrected", (*FILLED, CORRECT)),
    "extend an access": ("enrolments.extension.services.put_grounds", None, "days are counted once", MORE_TIME),
    "extend a free seat": (
        "enrolments.extension.services.derive_validity", None, "days are counted once", (*A_PACK, extend(0))
    ),
    "give an extension back": (
        "enrolments.extension.taking_back.end_line_grounds", [], "each unit of an extension", MORE_TIME
    ),
    "give seats away": ("enrolments.seats.give._write_history", None, "a seat's history belongs", GIVEN_AWAY),
    "give back what was given away": (
        "handlers.std_generateseats.handler.take_back_seats", Feedback(), "a unit given back has no seat", GIVEN_AWAY
    ),
    "offer": ("enrolments.waiting.services.taken", Counter(), "no course holds more people", OFFERED),
    "take an offer": (
        "enrolments.courses.places.services.use_offers", 1, "one place of an offer is used up",
        (*OFFERED, take_offer("nina")),
    ),
    "decline": ("enrolments.waiting.services._end", None, "whoever leaves waits no more", (*OFFERED, LEAVE)),
    "lapse of an offer": (
        "enrolments.waiting.services._end", None, "an offer is not kept after its end", (*OFFERED, LET_OFFER_LAPSE)
    ),
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
    for sequence in AFTER_THE_SALE:
        play(sequence)
    assert dict(tally.refused) == {}
    rules = {rule.function.__name__ for rule in AnySequence.setup_state().rules}
    assert {step for sequence in (TOUR, AT_THE_DESK, *AFTER_THE_SALE) for step, _asked in sequence} == rules
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
        run(AnySequence, examples=200, steps=5, seeded=1, phases=(Phase.generate,))


def _one_seat_less(generate: Callable[..., Any], *, packsize: int, **others: Any) -> Any:
    return generate(packsize=max(1, packsize - 1), **others)
