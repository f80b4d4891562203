"""Sequences of steps that Hypothesis draws: each in a transaction of its own, rolled back at its end."""

from __future__ import annotations

import secrets
from collections import Counter
from dataclasses import dataclass, field
from typing import ClassVar

import pytest
from django.core import mail
from django.db import connection, transaction
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from tests.ordeal import Trial


@dataclass
class Tally:
    """Number of times each rule succeeded and was refused, and each deep state was reached."""

    done: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    reached: Counter[str] = field(default_factory=Counter)
    examples: int = 0
    steps: int = 0


class RolledBack(RuleBasedStateMachine):
    """One sequence, in a transaction that is rolled back."""

    tally: ClassVar[Tally]

    def __init__(self) -> None:
        super().__init__()
        mail.outbox = []
        self.tally.examples += 1
        # Marked like a test case of Django's: the outbox's own transactions then count as the outermost ones.
        self.example = transaction.atomic()
        self.example._from_testcase = True  # type: ignore[attr-defined]
        self.example.__enter__()

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.example.__exit__(None, None, None)

    def reach(self, state: str, *, when: bool = True) -> None:
        self.tally.reached[state] += when


def check_deferred_constraints() -> None:
    """Let the database check now what it would check at the commit."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def run(
    machine: type[RolledBack],
    *,
    examples: int,
    steps: int,
    seeded: int,
    phases: tuple[Phase, ...] = (Phase.generate, Phase.shrink),
) -> None:
    """Draw sequences of a machine from a seed and run them; raise what the shortest of those that fail raises."""
    run_state_machine_as_test(
        seed(seeded)(machine),
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            phases=phases,
            database=None,
            print_blob=True,
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        ),
    )


def seed_of(request: pytest.FixtureRequest) -> int:
    """Return the seed asked for on the command line, else one by chance, and print how to have the same again."""
    asked = request.config.getoption("--hypothesis-seed", default=None)
    seeded = int(asked) if asked else secrets.randbits(32)
    print(f"The same sequences again: pytest --hypothesis-seed={seeded}")
    return seeded


def note_tally(trial: Trial, tally: Tally, *, seeded: int, of: str) -> None:
    """Note what the sequences did; `of` names what holds after each step."""
    trial.note("seed", seeded)
    trial.note("sequences", tally.examples)
    trial.note(f"steps, each followed by every rule of {of}", tally.steps)
    for what in sorted(tally.done | tally.refused):
        trial.note(what, f"{tally.done[what]} done, {tally.refused[what]} refused")
    for state in sorted(tally.reached):
        trial.note(state, tally.reached[state])
