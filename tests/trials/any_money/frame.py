"""Frame of the machine: its clock, the stand-in and its messages, and the checks after each step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar, TypeVar

from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from accounts.people.models import User
from common.refusals import Refused
from shop.orders.models import Order
from shop.payments.attempts.models import PaymentAttempt
from shop.payments.attempts.sweep import ask_about_attempt
from shop.payments.charge_backs.watch import look_at_payment
from shop.payments.models import Payment, PaymentEvent
from shop.payments.port import Message
from shop.payments.providers.stripe.provider import provider as stripe
from shop.payments.refunds.following import follow
from shop.payments.refunds.models import Refund
from shop.payments.services import receive_notification
from shop.postings.verifying import faults_of_books
from tests.shop.payments.providers.desks import AtStripe
from tests.trials.any_money.rules import broken_rules, held_at_stripe, taken_by_stripe
from tests.trials.sequences import RolledBack, check_deferred_constraints

T = TypeVar("T")

some = st.integers(0, 12)
which_order = st.integers(0, 1)


@dataclass(frozen=True)
class World:
    """Two orders of one account, unpaid; a merchant; and Stripe's stand-in."""

    orders: tuple[int, int]
    merchant: User
    desk: AtStripe


def one_of(things: Sequence[T], n: int) -> T:
    return things[n % len(things)]


class Frame(RolledBack):
    """One sequence, with a stand-in that has forgotten the one before."""

    world: ClassVar[World]

    def __init__(self) -> None:
        super().__init__()
        self.now = timezone.now()
        self.references = 0
        self.is_sound = True  # as far as is known: what is broken already is told by the step that broke it
        self.at_stripe = self.world.desk.service
        self.at_stripe.things.clear()
        self.at_stripe.answers.clear()
        self.at_stripe.waiting.clear()

    def order(self, n: int) -> Order:
        return Order.objects.get(pk=self.world.orders[n])

    def is_unpaid(self) -> bool:
        """Tell whether one of the orders waits for its money."""
        return Order.objects.filter(status=Order.Status.PLACED).exists()

    def waiting(self) -> list[int]:
        """Return the keys of the events whose money waits for the merchant."""
        return list(PaymentEvent.objects.needing_attention().order_by("pk").values_list("pk", flat=True))

    def reference(self) -> str:
        self.references += 1
        return f"r{self.references}"

    @property
    def by_merchant(self) -> dict[str, Any]:
        return {"actor": self.world.merchant, "now": self.now}

    @contextmanager
    def step(self, what: str) -> Iterator[None]:
        """Count a step as done or refused."""
        self.now += timedelta(seconds=1)
        self.tally.steps += 1
        self.is_sound = False
        try:
            yield
        except Refused:
            self.tally.refused[what] += 1
        else:
            self.tally.done[what] += 1
        self.is_sound = True

    # Messages --------------------------------------------------------------------------------------------------------

    @precondition(lambda self: self.at_stripe.waiting)
    @rule(how=st.sampled_from(["as sent", "as sent", "twice", "backwards", "the last alone", "never"]))
    def messages(self, how: str) -> None:
        """Let the messages that wait come, or some of them."""
        with self.step(f"messages come: {how}"):
            waiting = self.world.desk.messages()
            match how:
                case "twice":
                    waiting = waiting + waiting
                case "backwards":
                    waiting = waiting[::-1]
                case "the last alone":
                    waiting = waiting[-1:]
                case "never":
                    waiting = []
            self.hear(waiting)

    def hear(self, messages: Sequence[Message]) -> None:
        for message in messages:
            receive_notification(provider=stripe, message=message, now=self.now)

    @precondition(lambda self: self.at_stripe.things)
    @rule()
    def all_arrives(self) -> None:
        """Let jobs and sweeps ask Stripe about everything: the books then hold as much as it does."""
        with self.step("everything arrives"):
            self.arrive()
        self.reach("money is at Stripe after all has arrived", when=bool(held_at_stripe(self.at_stripe)))

    def arrive(self) -> None:
        for refund in Refund.objects.open().filter(way=Refund.Way.PROVIDER).order_by("pk"):
            follow(refund_id=refund.pk, now=self.now)
        self.hear(self.world.desk.messages())
        for attempt in PaymentAttempt.objects.filter(state__in=PaymentAttempt.OPEN).order_by("pk"):
            ask_about_attempt(attempt_id=attempt.pk, now=self.now)
        for payment in Payment.objects.filter(provider=stripe.name).order_by("pk"):
            look_at_payment(payment_id=payment.pk, now=self.now)
        self.hear(self.world.desk.messages())
        assert taken_by_stripe() == held_at_stripe(self.at_stripe), "the books say the same as the stand-in"

    # Checks ----------------------------------------------------------------------------------------------------------

    @invariant()
    def everything_holds(self) -> None:
        self.is_sound = False
        check_deferred_constraints()
        assert list(broken_rules(self.at_stripe)) == []
        self.is_sound = True

    def teardown(self) -> None:
        try:
            if self.is_sound:
                self.arrive()
                assert [*broken_rules(self.at_stripe), *faults_of_books()] == []
        finally:
            super().teardown()
