"""The state machine behind `test_any_sequence.py`: what customers, merchants, banks and clocks do, in any order.

Everything goes through the real services; jobs run as a worker runs them, at the machine's own time. After each step
the rules of the shop hold, and a step that was refused has changed nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any, ClassVar, TypeVar

from django.core import mail
from django.db import connection, transaction
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from accounts.models import CustomerAccount, User
from accounts.rights import operators_of
from accounts.services.people import PersonTyped
from catalog.models import Entry
from enrolments.errors import EnrolmentRefused
from enrolments.models import Course, Ground, PlaceHold, Role, Seat
from enrolments.selectors.seats import seat_counts
from enrolments.services.by_hand import end_by_hand, enrol_address_by_hand
from enrolments.services.courses import save_course
from enrolments.services.places import taken
from enrolments.services.seats.assign import assign_seat
from enrolments.services.seats.enter import enter_course
from enrolments.services.seats.expire import expire_seats
from enrolments.services.seats.release import release_seat
from enrolments.values import Terms
from outbox.models import Job
from outbox.services import running
from outbox.services.jobs import retry_job
from shop.models import Cart, CartLine, Order, OrderLine, OrderUnit, Payment, PaymentEvent, Settlement
from shop.providers.base import ProviderEvent
from shop.providers.sandbox import bank, provider
from shop.services.cart import add_to_cart, find_cart, open_cart, remove_line, save_units, set_quantity
from shop.services.checkout.place import Shown
from shop.services.claim import accounts_to_move_into, claim_order, move_claimed_order
from shop.services.errors import (
    CartRefused,
    CheckoutRefused,
    ClaimRefused,
    MethodNotAllowed,
    OrderNotCancellable,
    RetryRefused,
)
from shop.services.fulfilment import JOB_KIND, retry_line
from shop.services.giving_back import GivingBackRefused, give_units_back
from shop.services.orders import cancel_order, expire_orders
from shop.services.payments import (
    AmountDiffers,
    ReferenceKnown,
    ask_provider,
    begin_payment,
    choose_method,
    confirm_received,
    settle,
)
from tests.factories.accounts import UserFactory
from tests.factories.shop import place, shown_now, success
from tests.trials import any_sequence_world as world
from tests.trials.rules_of_the_shop import PLACES, broken_rules, changed_tables, fingerprint

Outcome = PaymentEvent.Outcome
Status = Order.Status
T = TypeVar("T")

ENDED_UNPAID = (Status.EXPIRED, Status.CANCELLED)
PAID = (Status.PAID, Status.COMPLETED, Status.REFUNDED)
WRONG = ({"amount": Decimal("0.01")}, {"currency": "USD"}, {"order_number": "1999-000001"})
CHANGES = ("show", "rename", "capacity 2", "capacity 9", "show", "hide")
ROLES = (Role.STUDENT, Role.TUTOR, Role.TEACHER)
PAUSES = [timedelta(minutes=20), timedelta(hours=5), timedelta(days=1), timedelta(days=1), timedelta(days=3)]

# Which of the things there are: counted round, so that any number means one of them.
some = st.integers(0, 60)
often = st.sampled_from([True, True, True, False])
seldom = st.sampled_from([False, False, False, True])
whoever = st.sampled_from([*world.VISITORS, *world.MEMBERS])
person = st.sampled_from(world.PEOPLE)
quantity = st.integers(1, 4)
entry_index = st.integers(0, 9)
typed = st.lists(st.tuples(person, st.sampled_from([Role.STUDENT, Role.STUDENT, Role.TUTOR])), max_size=4)


@dataclass
class Tally:
    """How often each rule did what it says, how often it was refused, and which deep states were reached."""

    done: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    reached: Counter[str] = field(default_factory=Counter)
    examples: int = 0
    steps: int = 0


class AnySequence(RuleBasedStateMachine):
    """One sequence, in a transaction of its own that is rolled back at its end."""

    world: ClassVar[world.World]
    tally: ClassVar[Tally]

    def __init__(self) -> None:
        super().__init__()
        self.now = world.START
        self.told: dict[str, tuple[ProviderEvent, str]] = {}  # by event id: what a provider said, and what came of it
        self.open: set[str] = set()  # references that were declined and not tried again
        self.moved: set[int] = set()  # orders their claimant has moved, or was not let
        self.tried: set[tuple[int, int]] = set()  # carts by version, placed once
        self.ordered: list[tuple[str, User | None, Shown, int]] = []  # carts that made an order
        self.visitor_carts: dict[str, str] = {}
        self.seats_seen: set[int] = set()
        self.rows: dict[str, tuple[int, int]] = {}  # what a refused step must leave as it is
        self.looked: dict[str, tuple[int, int]] = {}  # what was there when everything was looked at last
        world.Mood.waiting = []
        mail.outbox = []
        self.tally.examples += 1
        # As a test case of Django's: the outbox's own transactions are then taken as the outermost ones.
        self.example = transaction.atomic()
        self.example._from_testcase = True  # type: ignore[attr-defined]
        self.example.__enter__()

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.example.__exit__(None, None, None)

    # What there is, as it was after the last step --------------------------------------------------------------------

    @invariant()
    def everything_holds(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
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
        """Reads again what has changed; rules and their preconditions choose among these."""
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
        by_state = Counter((seat.account_id, seat.state) for seat in self.seats)
        for account_id in {seat.account_id for seat in self.seats}:
            counts = seat_counts(CustomerAccount(pk=account_id))
            counted = {(account_id, state): number for state, number in counts.by_state.items() if number}
            assert counted == {key: number for key, number in by_state.items() if key[0] == account_id}
            assert sum(entry.total for entry in counts.entries) == counts.total

    def orders_in(self, *statuses: str) -> list[Order]:
        return [order for order in self.orders if order.status in statuses]

    def to_pay(self, *statuses: str) -> list[Order]:
        return [order for order in self.orders_in(*statuses) if not order.is_free]

    def seats_in(self, *states: str) -> list[Seat]:
        return [seat for seat in self.seats if seat.state in states]

    def lines_in(self, *statuses: str) -> list[OrderLine]:
        return [line for line in self.lines if line.status in statuses]

    def jobs_in(self, state: str) -> list[Job]:
        return [job for job in self.jobs if job.state == state]

    # Trying ----------------------------------------------------------------------------------------------------------

    @contextmanager
    def step(self, what: str, *refusals: type[Exception]) -> Iterator[None]:
        """Counts what became of a step; one that was refused has changed nothing."""
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

    def reach(self, state: str, *, when: bool = True) -> None:
        self.tally.reached[state] += when

    def rows_are_as(self, before: dict[str, tuple[int, int]]) -> bool:
        return not changed_tables(before, fingerprint())

    def arrange(self, change: Callable[[], Any]) -> None:
        """What a step needs and no service does: not part of what a refusal leaves alone."""
        change()
        self.rows = fingerprint()

    def user_of(self, who: str) -> User | None:
        return self.world.users.get(who)

    def cart_of(self, who: str) -> Cart:
        user = self.user_of(who)
        cart = open_cart(token=self.visitor_carts.get(who), user=user)
        if user is None:
            self.visitor_carts[who] = cart.token
        return cart

    def tell(self, event: ProviderEvent, actor: User | None = None) -> str:
        outcome = settle(event=event, actor=actor, now=self.now)
        self.told[event.event_id] = (event, outcome)
        return outcome

    def reference(self) -> str:
        return f"charge-{len(self.told)}"

    # The beginning: some purchases, as far as they go ----------------------------------------------------------------

    @initialize(
        purchases=st.lists(
            st.tuples(whoever, entry_index, quantity, typed, person, st.sampled_from([0, 0, 1, 2, 3, 3, 3, 3])),
            min_size=2,
            max_size=5,
        )
    )
    def purchases(self, purchases: Sequence[tuple[str, int, int, Any, str, int]]) -> None:
        for who, index, number, participants, email, progress in purchases:
            try:
                order = self._buy(who, index, number, participants, email)
            except (CartRefused, CheckoutRefused):
                continue
            if progress >= 1 and order.status == Status.PLACED and not order.is_free:
                self.tell(success(order, reference=self.reference()))
            self.now += timedelta(seconds=1)
            if progress >= 2:
                self._work()
            if progress >= 3:
                self._fill_a_seat(order, email)
            self.now += timedelta(seconds=1)

    def _fill_a_seat(self, order: Order, who: str) -> None:
        seat = Seat.objects.filter(batch__order_id=order.pk, state="available").order_by("pk").first()
        operator = operators_of(order.account).first()
        if seat is not None and operator is not None:
            self.now += timedelta(seconds=1)
            with suppress(EnrolmentRefused):
                assign_seat(
                    account=order.account,
                    seat_id=seat.pk,
                    course=seat.course or self.world.courses[1],
                    person=PersonTyped(email=world.address(who)),
                    operator=operator,
                    language="en",
                    now=self.now,
                )

    def _buy(self, who: str, index: int, number: int, participants: Sequence[tuple[str, str]], email: str) -> Order:
        cart = self.cart_of(who)
        entry = Entry.objects.get(pk=self.world.entries[index].pk)
        line = add_to_cart(cart=cart, entry=entry, quantity=number, user=cart.user, now=self.now)
        self._type(line, participants)
        return self._place(who, email=email)

    # The cart --------------------------------------------------------------------------------------------------------

    @rule(who=whoever, index=entry_index, number=st.integers(0, 4))
    def add(self, who: str, index: int, number: int) -> None:
        entry = Entry.objects.get(pk=self.world.entries[index].pk)
        cart = self.cart_of(who)
        self.arrange(lambda: None)
        with self.step("put into the cart", CartRefused):
            add_to_cart(cart=cart, entry=entry, quantity=number, user=cart.user, now=self.now)

    @precondition(lambda self: self.cart_lines)
    @rule(n=some, number=st.integers(0, 5))
    def change_quantity(self, n: int, number: int) -> None:
        line = one_of(self.cart_lines, n)
        with self.step("change the quantity", CartRefused):
            set_quantity(cart=line.cart, line_id=line.pk, quantity=number, user=line.cart.user, now=self.now)

    @precondition(lambda self: self.cart_lines)
    @rule(n=some)
    def remove(self, n: int) -> None:
        line = one_of(self.cart_lines, n)
        with self.step("take out of the cart"):
            remove_line(cart=line.cart, line_id=line.pk)

    @precondition(lambda self: self.asking())
    @rule(n=some, participants=typed)
    def answer_unit_forms(self, n: int, participants: Sequence[tuple[str, str]]) -> None:
        line = one_of(self.asking(), n)
        with self.step("answer the unit forms"):
            self._type(line, participants)

    def asking(self) -> list[CartLine]:
        return [line for line in self.cart_lines if line.entry_id in self.world.sessions]

    def _type(self, line: CartLine, participants: Sequence[tuple[str, str]]) -> None:
        answers = [world.participant(name, role) for name, role in participants]
        save_units(cart=line.cart, line_id=line.pk, answers=dict(enumerate(answers)))

    # Placing ---------------------------------------------------------------------------------------------------------

    @precondition(lambda self: self.to_place())
    @rule(n=some, email=person, new_account=seldom, is_stale=seldom, bob_operates=seldom)
    def place(self, n: int, email: str, new_account: bool, is_stale: bool, bob_operates: bool) -> None:
        cart = one_of(self.to_place(), n)
        self.tried.add((cart.pk, cart.version))
        names = {user.pk: name for name, user in self.world.users.items()}
        carts = {token: name for name, token in self.visitor_carts.items()}
        who = names[cart.user_id] if cart.user_id else carts[cart.token]
        with self.step("place", CheckoutRefused):
            self._place(who, email=email, new_account=new_account, is_stale=is_stale, bob_operates=bob_operates)

    def to_place(self) -> list[Cart]:
        """Carts that were changed since they were last placed in vain."""
        carts = {line.cart_id: line.cart for line in self.cart_lines}
        return [cart for cart in carts.values() if (cart.pk, cart.version) not in self.tried]

    def _place(
        self, who: str, *, email: str, new_account: bool = False, is_stale: bool = False, bob_operates: bool = False
    ) -> Order:
        cart = self.cart_of(who)
        user = self.user_of(who)
        account = None if user is None or new_account else self.world.accounts[who]
        shown = shown_now(cart, user=user, now=self.now)
        if is_stale:
            shown = replace(shown, version=shown.version - 1)
        operator = self.world.users["bob"] if bob_operates and account is not None else None
        order = place(
            cart, user=user, account=account, operator=operator, shown=shown, email=world.address(email), now=self.now
        )
        self.ordered.append((cart.token, user, shown, order.pk))
        return order

    @rule(who=whoever, index=entry_index, number=quantity, participants=typed, email=person)
    def buy(self, who: str, index: int, number: int, participants: Sequence[tuple[str, str]], email: str) -> None:
        """Straight through: with whatever is in the cart already."""
        cart = self.cart_of(who)
        self.arrange(cart.lines.all().delete)
        with self.step("buy", CartRefused, CheckoutRefused), transaction.atomic():
            self._buy(who, index, number, participants, email)

    @precondition(lambda self: self.ordered)
    @rule()
    def place_again(self) -> None:
        """The button pressed twice."""
        token, user, shown, order_id = self.ordered.pop()
        with self.step("place the same cart again"):
            again = place(Cart.objects.get(token=token), user=user, shown=shown, now=self.now)
            assert again.pk == order_id
            assert self.rows_are_as(self.rows)
            assert find_cart(token=token, user=None) is None

    # Money -----------------------------------------------------------------------------------------------------------

    @precondition(lambda self: self.to_pay(Status.PLACED))
    @rule(n=some, any_order=seldom, method=st.sampled_from(["sandbox", "transfer", "free"]))
    def change_method(self, n: int, any_order: bool, method: str) -> None:
        order = one_of(self.orders if any_order else self.to_pay(Status.PLACED), n)
        with self.step("change the method", MethodNotAllowed):
            choose_method(order_id=order.pk, method=method, actor=order.buyer, now=self.now)
            changed = Order.objects.get(pk=order.pk)
            assert (changed.method, changed.expires_at >= order.expires_at) == (method, True)

    @precondition(lambda self: self.to_pay(Status.PLACED))
    @rule(n=some)
    def settle(self, n: int) -> None:
        order = one_of(self.to_pay(Status.PLACED), n)
        with self.step("settle"):
            assert self.tell(success(order, reference=self.reference())) == Outcome.SETTLED

    @precondition(lambda self: self.to_pay(Status.PLACED))
    @rule(n=some, choice=st.sampled_from(bank.Choice.values))
    def begin_card(self, n: int, choice: str) -> None:
        order = one_of(self.to_pay(Status.PLACED), n)
        with self.step("begin to pay by card"):
            charge = bank.charge(choice, now=self.now)
            begin_payment(order_id=order.pk, provider=provider, reference=charge.reference, now=self.now)

    @precondition(lambda self: self.under_way)
    @rule(n=some)
    def return_from_card(self, n: int) -> None:
        """The customer comes back; what the provider answers is believed."""
        order = one_of(self.under_way, n)
        before = PaymentEvent.objects.count()
        with self.step("come back from the card's page"):
            ask_provider(order=order, provider=provider, now=self.now)
        self.reach("the provider was asked and knew", when=PaymentEvent.objects.count() > before)

    @precondition(lambda self: self.told or self.to_pay(Status.PLACED))
    @rule(
        n=some,
        what=st.sampled_from(["again", "again", "decline", "decline", "after all", "no more", "second", "wrong"]),
    )
    def money_talks(self, n: int, what: str) -> None:
        """What a provider says besides the plain truth at the right time; no sort of it crowds out the others."""
        told = list(self.told.values())
        placed, paid = self.to_pay(Status.PLACED), self.to_pay(*PAID)
        declined = [event for event, outcome in told if outcome == Outcome.DECLINED and event.reference in self.open]
        settled = [event for event, outcome in told if outcome == Outcome.SETTLED]
        match what:
            case "decline" if placed:
                self._decline(one_of(placed, n))
            case "after all" if declined:
                self._accept_after_decline(one_of(declined, n))
            case "no more" if settled:
                self._decline_after_success(one_of(settled, n))
            case "second" if paid:
                self._charge_twice(one_of(paid, n))
            case "wrong" if self.orders:
                self._send_wrong_money(one_of(placed or self.orders, n), WRONG[n % len(WRONG)])
            case _ if told:
                self._notify_again(*one_of(told, n // 2), is_same_event=n % 2 == 0)
            case _:
                self._decline(one_of(placed, n))

    def _notify_again(self, event: ProviderEvent, outcome: str, *, is_same_event: bool) -> None:
        """The same notification again, or another one about the same payment."""
        settled = Settlement.objects.count()
        with self.step("notify twice"):
            if is_same_event:
                assert self.tell(event) == outcome
                assert self.rows_are_as(self.rows)
                return
            again = self.tell(replace(event, event_id=f"again-{len(self.told)}"))
            # Late money may find its places by now; nothing else comes of hearing of a payment again.
            assert again == Outcome.KNOWN or (again == Outcome.SETTLED and outcome != Outcome.SETTLED)
            assert Settlement.objects.count() == settled + (again == Outcome.SETTLED)

    def _decline(self, order: Order) -> None:
        with self.step("decline"):
            declined = success(order, reference=self.reference(), kind="declined")
            assert self.tell(declined) == Outcome.DECLINED
            assert Order.objects.get(pk=order.pk).status == Status.PLACED
        self.open.add(declined.reference)

    def _accept_after_decline(self, event: ProviderEvent) -> None:
        self.open.remove(event.reference)
        order = Order.objects.get(number=event.order_number)
        with self.step("accept after declining"):
            outcome = self.tell(replace(event, kind="succeeded", event_id=f"after-{len(self.told)}"))
            if order.status == Status.PLACED:
                assert outcome == Outcome.SETTLED
            elif order.status in PAID:
                assert outcome == Outcome.SECOND_CHARGE
            else:
                assert outcome in (Outcome.SETTLED, Outcome.LATE)

    def _decline_after_success(self, event: ProviderEvent) -> None:
        before = Order.objects.values().get(number=event.order_number)
        with self.step("decline after accepting"):
            late = replace(event, kind="declined", event_id=f"declined-{len(self.told)}")
            assert self.tell(late) == Outcome.KNOWN
            assert Order.objects.values().get(number=event.order_number) == before

    def _charge_twice(self, order: Order) -> None:
        with self.step("charge a second time"):
            assert self.tell(success(order, reference=self.reference())) == Outcome.SECOND_CHARGE

    def _send_wrong_money(self, order: Order, changes: dict[str, Any]) -> None:
        with self.step("send the wrong money"):
            outcome = self.tell(success(order, reference=self.reference(), **changes))
            assert outcome in PaymentEvent.NEEDS_ATTENTION
            assert Order.objects.get(pk=order.pk).status == order.status

    @precondition(lambda self: self.to_pay(Status.PLACED))
    @rule(
        n=some,
        any_order=seldom,
        differs=seldom,
        is_what_arrived=st.booleans(),
        reference=st.sampled_from(["VIR 1", "vir  1", "VIR 2"]),
    )
    def confirm(self, n: int, any_order: bool, differs: bool, is_what_arrived: bool, reference: str) -> None:
        """The merchant says that a transfer has arrived."""
        order = one_of(self.to_pay(*(Status.values if any_order else [Status.PLACED])), n)
        with self.step("confirm a transfer", AmountDiffers, ReferenceKnown):
            outcome = confirm_received(
                order_id=order.pk,
                amount=order.gross - 1 if differs else order.gross,
                reference=reference,
                actor=self.world.merchant,
                is_what_arrived=is_what_arrived,
                now=self.now,
            )
            self.reach("the merchant recorded an amount that differs", when=outcome == Outcome.MISMATCH)

    @precondition(lambda self: self.to_pay(*ENDED_UNPAID))
    @rule(n=some)
    def late_money(self, n: int) -> None:
        order = one_of(self.to_pay(*ENDED_UNPAID), n)
        with self.step("pay late"):
            outcome = self.tell(success(order, reference=self.reference()))
            assert outcome in (Outcome.SETTLED, Outcome.LATE)
            self.reach(f"late money of an order {order.status}: {outcome}")

    # How an order ends unpaid, and time ------------------------------------------------------------------------------

    @precondition(lambda self: self.orders_in(Status.PLACED))
    @rule(n=some, any_order=seldom)
    def cancel(self, n: int, any_order: bool) -> None:
        order = one_of(self.orders if any_order else self.orders_in(Status.PLACED), n)
        with self.step("cancel", OrderNotCancellable):
            cancel_order(order_id=order.pk, actor=order.buyer, now=self.now, reason="No need.")

    @precondition(lambda self: self.orders_in(Status.PLACED))
    @rule(n=some)
    def expire(self, n: int) -> None:
        order = one_of(self.orders_in(Status.PLACED), n)
        self.now = max(self.now, order.expires_at)
        with self.step("expire"):
            assert expire_orders(now=self.now) > 0
            assert Order.objects.get(pk=order.pk).status == Status.EXPIRED

    @rule(pause=st.sampled_from(PAUSES))
    def time_passes(self, pause: timedelta) -> None:
        self.now += pause
        with self.step("let time pass"):
            expire_orders(now=self.now)
            expire_seats(now=self.now)

    # Delivery --------------------------------------------------------------------------------------------------------

    @precondition(lambda self: self.jobs_in("pending"))
    @rule(limit=st.integers(1, 4))
    def fulfil(self, limit: int) -> None:
        with self.step("deliver"):
            self._work(limit=limit)

    @precondition(lambda self: self.jobs_in("pending"))
    @rule(mood=st.sampled_from(["refuses", "trouble", "crash"]), times=st.sampled_from([1, 2, 9]))
    def fail(self, mood: str, times: int) -> None:
        """The next deliveries fail when all their work is done."""
        world.Mood.waiting = [mood] * times
        with self.step(f"fail: {mood}"):
            for _round in range(times):
                self._work()
        world.Mood.waiting = []
        self.reach("a delivery has used up its attempts", when=Job.objects.filter(state="dead").exists())

    @precondition(lambda self: self.lines_in("failed"))
    @rule(n=some, any_line=seldom)
    def retry(self, n: int, any_line: bool) -> None:
        line = one_of(self.lines if any_line else self.lines_in("failed"), n)
        with self.step("try a line again", RetryRefused):
            retry_line(line_id=line.pk, actor=self.world.merchant, now=self.now)

    @precondition(lambda self: self.jobs_in("pending") or self.jobs_in("dead"))
    @rule(n=some, any_job=seldom)
    def retry_a_job(self, n: int, any_job: bool) -> None:
        job = one_of(self.jobs if any_job else self.jobs_in("dead") or self.jobs_in("pending"), n)
        with self.step("try a job again", RetryRefused):
            retry_job(job_id=job.pk, now=self.now)

    def _work(self, *, limit: int = 100) -> None:
        """As `run_due_jobs`, of deliveries alone and at this machine's time, their back-off over."""
        Job.objects.exclude(kind=JOB_KIND).filter(state="pending").update(due_at=self.now + timedelta(days=9_000))
        waiting = Job.objects.filter(kind=JOB_KIND, state="pending")
        waiting.update(due_at=self.now - timedelta(days=9_000))
        for _job in range(min(limit, waiting.count())):
            claim = running._claim()
            assert claim is not None
            running._work(replace(claim, now=self.now))

    @precondition(lambda self: self.orders)
    @rule(limit=st.integers(1, 3))
    def send_mails(self, limit: int) -> None:
        """Mails tell of things as they are when they go out, whatever has happened meanwhile."""
        waiting = Job.objects.filter(kind="send_mail", state="pending")
        chosen = list(waiting.order_by("-pk").values_list("pk", flat=True)[:limit])
        with self.step("send mails"):
            Job.objects.filter(state="pending").update(due_at=self.now + timedelta(days=9_000))
            waiting.filter(pk__in=chosen).update(due_at=self.now - timedelta(days=9_000))
            for _mail in chosen:
                claim = running._claim()
                assert claim is not None
                running._work(replace(claim, now=self.now))
            assert set(Job.objects.filter(pk__in=chosen).values_list("state", "last_error")) <= {("done", "")}

    # Claiming a visitor's order --------------------------------------------------------------------------------------

    @precondition(lambda self: any(not order.is_claimed for order in self.orders))
    @rule(n=some, is_his=often)
    def claim(self, n: int, is_his: bool) -> None:
        order = one_of([order for order in self.orders if not order.is_claimed], n)
        user = User.objects.filter(email=order.contact_email if is_his else world.address("alice")).first()
        if user is None:
            self.arrange(lambda: UserFactory(email=order.contact_email))
            user = User.objects.get(email=order.contact_email)
        with self.step("claim", ClaimRefused):
            claim_order(order_id=order.pk, user=user, now=self.now)
            self.reach(f"an order {order.status} was claimed")

    @precondition(lambda self: any(self.movable()))
    @rule(n=some)
    def move_claimed(self, n: int) -> None:
        order = one_of(list(self.movable()), n)
        [target, *_others] = accounts_to_move_into(order, order.buyer) or [self.world.accounts["alice"]]
        self.moved.add(order.pk)
        with self.step("move a claimed order", ClaimRefused):
            move_claimed_order(order_id=order.pk, user=order.buyer, account_id=target.pk, now=self.now)

    def movable(self) -> Iterator[Order]:
        """Claimed orders in an account of their own; some claimants have another account to move them into."""
        own = {account.pk for account in self.world.accounts.values()}
        claimed = (order for order in self.orders if order.is_claimed and order.account_id not in own)
        return (order for order in claimed if order.pk not in self.moved)

    # Seats -----------------------------------------------------------------------------------------------------------

    @precondition(lambda self: self.assignable())
    @rule(n=some, odd=st.sampled_from(["", "", "", "", "seat", "account", "course"]), who=person, course=some, by=some,
          as_tutor=seldom)  # fmt: skip
    def assign(self, n: int, odd: str, who: str, course: int, by: int, as_tutor: bool) -> None:
        """Mostly as an operator's page lets him; else a seat taken, of another account, or for another course."""
        seat = one_of(self.seats if odd == "seat" else self.assignable(), n)
        account = CustomerAccount.objects.get(pk=seat.account_id)
        if odd == "account" or not operators_of(account).exists():
            account = self.world.accounts["alice" if account.pk != self.world.accounts["alice"].pk else "carol"]
        operators = list(operators_of(account))
        sold_for = Course.objects.open_at(self.now).matching(seat.batch.course_list).order_by("pk")
        into = seat.course_id or one_of((not odd and list(sold_for)) or self.world.courses, course).pk
        with self.step("assign", EnrolmentRefused):
            assignment = assign_seat(
                account=account,
                seat_id=seat.pk,
                course=Course.objects.get(pk=into),
                person=PersonTyped(email=world.address(who), first_name=who.title(), last_name="Test"),
                operator=one_of(operators, by),
                language="en",
                now=self.now,
                role=Role.objects.get(code=Role.TUTOR) if as_tutor else None,
            )
            assert seat.account_id == account.pk
            self.reach("a seat was not used up", when=not assignment.is_used)
            self.reach("a session's blank was filled", when=assignment.is_used and seat.batch.source == "session")
            assert assignment.is_used or self.rows_are_as(self.rows)

    def assignable(self) -> list[Seat]:
        """Free seats of an account that has an operator."""
        claimed = {order.pk for order in self.orders if order.is_claimed}
        return [seat for seat in self.seats_in("available") if seat.batch.order_id in claimed]

    @precondition(lambda self: self.seats_in("assigned"))
    @rule(n=some, any_seat=seldom, is_own=often)
    def release(self, n: int, any_seat: bool, is_own: bool) -> None:
        seat = one_of(self.seats if any_seat else self.seats_in("assigned"), n)
        other = self.world.accounts["carol"]
        account = CustomerAccount.objects.get(pk=seat.account_id) if is_own else other
        with self.step("release", EnrolmentRefused):
            release_seat(account=account, seat_id=seat.pk, actor=self.world.users["bob"], now=self.now)
            assert seat.account_id == account.pk

    @precondition(lambda self: self.seats_in("assigned", "consumed"))
    @rule(n=some, again=seldom)
    def enter(self, n: int, again: bool) -> None:
        used, waiting = self.seats_in("consumed"), self.seats_in("assigned")
        seat = one_of((used if again else waiting) or used or waiting, n)
        course = Course.objects.get(pk=seat.course_id)
        with self.step("enter", EnrolmentRefused):
            entry = enter_course(user=User.objects.get(pk=seat.person_id), course=course, now=self.now)
            assert entry.consumed == sum(
                (other.person_id, other.course_id) == (seat.person_id, seat.course_id) for other in waiting
            )

    @precondition(lambda self: self.perishable())
    @rule(n=some)
    def expire_a_seat(self, n: int) -> None:
        seat = one_of(self.perishable(), n)
        self.now = max(self.now, seat.batch.valid_until)
        with self.step("let a seat expire"):
            assert expire_seats(now=self.now) > 0
            assert Seat.objects.get(pk=seat.pk).state == "expired"

    def perishable(self) -> list[Seat]:
        return [seat for seat in self.seats_in("available") if seat.batch.valid_until is not None]

    # The merchant ----------------------------------------------------------------------------------------------------

    @precondition(lambda self: self.orders_in(Status.PAID, Status.COMPLETED))
    @rule(n=some, any_order=seldom, first=some, number=st.integers(1, 4), whole=seldom, yes=st.booleans())
    def give_back(self, n: int, any_order: bool, first: int, number: int, whole: bool, yes: bool) -> None:
        """Some units of an order, or all that are left."""
        order = one_of(self.orders if any_order else self.orders_in(Status.PAID, Status.COMPLETED), n)
        left = list(
            OrderUnit.objects.filter(line__order=order, given_back_at=None).order_by("pk").values_list("pk", flat=True)
        )
        first = first % max(1, len(left))
        chosen = left if whole else left[first : first + number]
        before = Counter(seat.state for seat in self.seats if seat.unit_id in chosen)
        holds = PlaceHold.objects.live().filter(order_id=order.pk).exists()
        with self.step("give units back", GivingBackRefused):
            given = give_units_back(
                order_id=order.pk,
                unit_ids=chosen,
                actor=self.world.merchant,
                reason="Agreed by telephone.",
                include_consumed=yes,
                now=self.now,
            )
            assert given.units == len(chosen)
            assert yes or not before["consumed"]
            for state in ("available", "assigned", "consumed", "expired"):
                self.reach(f"a seat {state} was given back", when=before[state] > 0)
            self.reach("units were given back before their delivery", when=holds)
            self.reach("an order was refunded", when=Order.objects.get(pk=order.pk).status == Status.REFUNDED)

    @rule(what=st.sampled_from(["enrol", "enrol", "end", "entry", "course"]), n=some, m=some, who=person)
    def merchant_changes(self, what: str, n: int, m: int, who: str) -> None:
        """Enrolments by hand, and what is sold from now on: what was sold before stays as it was sold."""
        match what:
            case "entry":
                self._edit_entry(self.world.entries[n % 10], 1 + m % 5)
            case "course":
                self._edit_course(one_of(self.world.courses, n), CHANGES[m % len(CHANGES)])
            case "end" if self.by_hand:
                with self.step("end what was enrolled by hand"):
                    assert end_by_hand(enrolment=one_of(self.by_hand, n), reason="Done.", now=self.now)
            case _:
                self._enrol_by_hand(who, one_of(self.world.courses, n), one_of(ROLES, m))

    def _enrol_by_hand(self, who: str, course: Course, role: str) -> None:
        with self.step("enrol by hand", EnrolmentRefused):
            enrol_address_by_hand(
                course=course,
                person=PersonTyped(email=world.address(who)),
                role=Role.objects.get(code=role),
                terms=Terms(),
                language="en",
                now=self.now,
            )

    def _edit_entry(self, entry: Entry, number: int) -> None:
        entry = Entry.objects.get(pk=entry.pk)
        with self.step("edit an entry"):
            sold = {"packsize": number, "courselist": world.MANY} if "packsize" in entry.parameters else {}
            Entry.objects.filter(pk=entry.pk).update(parameters=entry.parameters | sold, max_quantity=number + 1)

    def _edit_course(self, course: Course, change: str) -> None:
        course = Course.objects.get(pk=course.pk)
        match change.split():
            case ["rename"]:
                course.short_name = f"{course.short_name}'"
            case ["capacity", number]:
                course.capacity = int(number)
            case _:
                course.is_visible = change == "show"
        with self.step("edit a course", EnrolmentRefused):
            save_course(course=course)


def one_of(things: Sequence[T], n: int) -> T:
    return things[n % len(things)]
