"""Frame of the machine: its clock, its memory, the checks after each step, and the attempt of a step."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, ClassVar

from django.db import connection
from hypothesis.stateful import invariant

from accounts.members.models import CustomerAccount
from accounts.people.models import User
from enrolments.courses.places.services import taken
from enrolments.grounds.models import Ground
from enrolments.seats.models import Seat
from enrolments.seats.selectors import seat_counts
from outbox.jobs.models import Job
from shop.cart.models import CartLine
from shop.checkout.place import Shown
from shop.orders.fulfilment import JOB_KIND
from shop.orders.lines.models import OrderLine
from shop.orders.models import Order
from shop.payments.models import Payment, PaymentEvent
from shop.payments.port import ProviderEvent
from tests.trials.any_sequence import world
from tests.trials.any_sequence.rules import PLACES, broken_rules, changed_tables, fingerprint
from tests.trials.sequences import RolledBack, check_deferred_constraints


class Frame(RolledBack):
    """One sequence."""

    world: ClassVar[world.World]

    def __init__(self) -> None:
        super().__init__()
        self.now = world.START
        self.told: dict[str, tuple[ProviderEvent, str]] = {}  # by event id: a provider's event and its outcome
        self.open: set[str] = set()  # references that were declined and not tried again
        self.moved: set[int] = set()  # orders whose claimant has moved them, or was refused
        self.tried: set[tuple[int, int]] = set()  # carts by version, placed once
        self.ordered: list[tuple[str, User | None, Shown, int]] = []  # carts that made an order
        self.visitor_carts: dict[str, str] = {}
        self.seats_seen: set[int] = set()
        self.rows: dict[str, tuple[int, int]] = {}  # rows that a refused step must leave unchanged
        self.looked: dict[str, tuple[int, int]] = {}  # rows at the last check
        world.Mood.waiting = []

    # Rows as they were after the last step ---------------------------------------------------------------------------

    @invariant()
    def everything_holds(self) -> None:
        check_deferred_constraints()
        before, self.looked = self.looked, fingerprint()
        self.rows = self.looked
        changed = changed_tables(before, self.looked)
        self.look(changed)
        if not changed:
            return
        broken = broken_rules()
        assert not broken, "\n".join(broken)
        self.nothing_told_is_lost()
        self.no_seat_is_lost()
        self.counters_are_the_rows()

    def look(self, changed: Sequence[str]) -> None:
        """Read the changed tables again; rules and their preconditions choose among the rows read."""
        if "shop_order" in changed:
            self.orders = list(Order.objects.order_by("pk"))
        if "shop_orderline" in changed:
            self.lines = list(OrderLine.objects.select_related("order").order_by("pk"))
        if "enrolments_seat" in changed:
            self.seats = list(Seat.objects.select_related("batch").order_by("pk"))
        if "shop_cartline" in changed or "shop_cart" in changed:
            self.cart_lines = list(
                CartLine.objects.filter(cart__ordered_at=None).select_related("cart__user").order_by("pk")
            )
        if "shop_payment" in changed:
            pending = set(Payment.objects.filter(status="pending").values_list("order_id", flat=True))
            self.under_way = [order for order in self.orders if order.pk in pending]
        if "enrolments_ground" in changed:
            by_hand = Ground.objects.live().filter(kind=Ground.Kind.MERCHANT).select_related("enrolment")
            self.by_hand = [ground.enrolment for ground in by_hand.order_by("pk")]
        if "outbox_job" in changed:
            self.jobs = list(Job.objects.filter(kind=JOB_KIND).order_by("pk"))

    def nothing_told_is_lost(self) -> None:
        kept = {
            event_id: (amount, currency, outcome)
            for event_id, amount, currency, outcome in PaymentEvent.objects.values_list(
                "event_id", "amount", "currency", "outcome"
            )
        }
        for event_id, (event, outcome) in self.told.items():
            assert kept[event_id] == (event.amount, event.currency, outcome)

    def no_seat_is_lost(self) -> None:
        seats = {seat.pk for seat in self.seats}
        assert self.seats_seen <= seats
        self.seats_seen = seats

    def counters_are_the_rows(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT id, taken FROM ({PLACES}) course")
            assert taken([course.pk for course in self.world.courses]) == dict(cursor.fetchall())
        by_state = Counter((seat.account_id, seat.state_at(self.now)) for seat in self.seats)
        for account_id in {seat.account_id for seat in self.seats}:
            counts = seat_counts(CustomerAccount(pk=account_id), now=self.now)
            counted = {(account_id, state): number for state, number in counts.by_state.items() if number}
            assert counted == {key: number for key, number in by_state.items() if key[0] == account_id}
            assert sum(entry.total for entry in counts.entries) == counts.total

    def orders_in(self, *statuses: str) -> list[Order]:
        return [order for order in self.orders if order.status in statuses]

    def to_pay(self, *statuses: str) -> list[Order]:
        return [order for order in self.orders_in(*statuses) if not order.is_free]

    def seats_in(self, *states: str) -> list[Seat]:
        return [seat for seat in self.seats if seat.state in states]

    def has_desk(self, seat: Seat) -> bool:
        """Tell whether the account of a seat has an operator; seats are given to no other."""
        claimed = {order.pk for order in self.orders if order.is_claimed}
        return seat.batch.order_id in claimed or seat.batch.given_from_id is not None

    def lines_in(self, *statuses: str) -> list[OrderLine]:
        return [line for line in self.lines if line.status in statuses]

    def jobs_in(self, state: str) -> list[Job]:
        return [job for job in self.jobs if job.state == state]

    # Trying ----------------------------------------------------------------------------------------------------------

    @contextmanager
    def step(self, what: str, *refusals: type[Exception]) -> Iterator[None]:
        """Count a step as done or refused; a refused step must have changed nothing."""
        self.now += timedelta(seconds=1)
        self.tally.steps += 1
        before = self.rows
        try:
            yield
        except refusals:
            self.tally.refused[what] += 1
            assert changed_tables(before, fingerprint()) == [], f"«{what}» was refused and changed something"
        else:
            self.tally.done[what] += 1

    def rows_are_as(self, before: dict[str, tuple[int, int]]) -> bool:
        return not changed_tables(before, fingerprint())

    def arrange(self, change: Callable[[], Any]) -> None:
        """Make a change that a step needs and no service makes, outside the comparison made after a refusal."""
        change()
        self.rows = fingerprint()
