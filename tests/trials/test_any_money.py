"""Any money.

Everything that can happen to the money of an account, in any order: the books hold after every step, and once all
messages have come they hold as much as the stand-in for Stripe does.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import pytest
from django.db import DatabaseError

from accounts.members.models import CustomerAccount
from handlers.registry import temporary
from shop.orders.models import Order
from shop.payments.refunds import sending
from shop.payments.refunds.models import Refund
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.catalog import EntryFactory
from tests.factories.shop import make_cart, place
from tests.ordeal import Trial
from tests.shop.papers.given import SIRET, complete_seller
from tests.shop.payments.providers.desks import stripe_desk
from tests.shop.probes import Diary, Probe
from tests.trials.any_money.frame import World
from tests.trials.any_money.machine import AnyMoney
from tests.trials.any_money.rules import LIMIT
from tests.trials.sequences import Tally, note_tally, run, seed_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def tally(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tally]:
    """Make the world, shared by the test's sequences, each of which is rolled back; return the tally."""
    caplog.set_level(logging.CRITICAL)
    Probe.diary = Diary()
    with temporary(Probe), stripe_desk(monkeypatch) as desk:
        AnyMoney.world = World(two_orders(), UserFactory(is_staff=True), desk)
        AnyMoney.tally = Tally()
        yield AnyMoney.tally


def two_orders() -> tuple[int, int]:
    """Place two orders of two units, 120 € each, of one account that has a limit; return their keys. All that their
    invoices must say is there."""
    complete_seller()
    member = MembershipFactory(is_owner=True)
    CustomerAccount.objects.filter(pk=member.account_id).update(credit_limit=LIMIT)
    entry = EntryFactory(handler="std_probe", tiers={1: "50.00"})
    buyer = {"user": member.user, "account": member.account, "register_number": SIRET}
    first, second = (place(make_cart(entry, quantity=2, user=member.user), **buyer).pk for _twice in range(2))
    return first, second


@pytest.mark.long
def test_the_books_hold_after_every_step(trial: Trial, tally: Tally, request: pytest.FixtureRequest) -> None:
    """Payments, promises, refunds, disputes and ends of two orders of one account, in any order"""
    seeded = seed_of(request)
    for batch in range(trial.size(1, 8)):
        run(AnyMoney, examples=trial.size(12, 40), steps=trial.size(20, 50), seeded=seeded + batch)

    note_tally(trial, tally, seeded=seeded, of="money")


Step = tuple[str, dict[str, Any]]

BY_CARD: tuple[Step, ...] = (("card", {"n": 0, "m": 0, "choice": "pay"}), ("messages", {"how": "as sent"}))
GIVE_BACK: Step = ("give_back", {"n": 0, "whole": False, "how": sending.How.AS_IT_CAME})
KILLED: Step = ("send_refund", {"n": 0, "state": "succeeded", "kills": 1})
ALL_ARRIVES: Step = ("all_arrives", {})
SHARED: tuple[Step, ...] = (("plan", {"n": 0}), ("promise", {"n": 0, "m": 0}), ("transfer", {"n": 0, "amount": "50"}))
IN_PARTS: tuple[Step, ...] = (("plan", {"n": 0}), *[("transfer", {"n": 0, "amount": "rest"})] * 2)

# Each fault: the function that it replaces, what it puts there, how it is told, and a sequence that needs the function.
FAULTS: dict[str, tuple[str, Callable[..., Any], str, tuple[Step, ...]]] = {
    "a refund is sent under a new key each time": (
        "shop.payments.refunds.following._ask",
        lambda ask: lambda provider, refund, *, now: ask(provider, with_a_new_key(refund), now=now),
        "the books say the same as the stand-in",
        (*BY_CARD, GIVE_BACK, KILLED, ALL_ARRIVES),
    ),
    "an order is settled twice": (
        "shop.payments.requests.receiving.release_order",
        lambda release: lambda order, **how: [release(order, **how) for _twice in range(2)],
        "shop_settlement_order_id",
        IN_PARTS,
    ),
    "a refund takes no notice of what went back before": (
        "shop.payments.refunds.sending._left_of",
        lambda left: lambda order: [(payment, 2 * payment.amount) for payment, _left in left(order)],
        "payment",
        (*IN_PARTS, ("give_back", {"n": 0, "whole": True, "how": sending.How.CREDIT})),
    ),
    "an order is confirmed by any of its parts": (
        "shop.payments.requests.receiving.releases",
        lambda _releases: lambda *_asked, **_more: True,
        "it is confirmed by its release rule",
        IN_PARTS,
    ),
    "what was given back is not credited": (
        "shop.orders.giving_back.services.credit_given_back",
        lambda _credit: lambda *_asked, **_told: None,
        "what is invoiced of a confirmed order is what is sold of it",
        (*BY_CARD, GIVE_BACK),
    ),
    "what was given back is taken off the wrong share": (
        "shop.orders.giving_back.services.credited_by_payer",
        lambda _credited: lambda *_asked: {},
        "is asked for no less than their invoices say",
        (*SHARED, GIVE_BACK),
    ),
    "what was given back is owed twice": (
        "shop.payments.refunds.sending.take_off",
        lambda _take_off: lambda *_asked, **_told: None,
        "what is owed back is what its units given back say",
        (*BY_CARD, GIVE_BACK),
    ),
}


def with_a_new_key(refund: Refund) -> Refund:
    refund.key = uuid4()
    return refund


def play(steps: tuple[Step, ...]) -> None:
    """Run a sequence of steps, with every check after each step."""
    machine = AnyMoney()
    try:
        machine.begin(rules=(Order.ReleaseRule.ALL,) * 2, stages=("placed", "placed"))
        for step, asked in steps:
            getattr(machine, step)(**asked)
            machine.everything_holds()
    finally:
        machine.teardown()


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_planted_in_the_shop_is_found(tally: Tally, fault: str) -> None:
    where, instead, told, steps = FAULTS[fault]
    play(steps)
    module, _dot, name = where.rpartition(".")
    fault_there = patch(where, instead(getattr(import_module(module), name)))
    with fault_there, pytest.raises((AssertionError, DatabaseError), match=told):
        play(steps)
