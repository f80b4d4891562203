"""Orders that end unpaid, time that passes, and visitors who claim their orders."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from accounts.people.models import User
from enrolments.seats.expire import expire_seats
from enrolments.waiting.services import offer_free_places
from shop.orders.claim import ClaimRefused, accounts_to_move_into, claim_order, move_claimed_order
from shop.orders.ending import OrderNotCancellable, cancel_order, expire_orders
from shop.orders.models import Order
from shop.orders.places import UNPROVED_HOLDS_FOR, prove_order, release_unproved_places
from tests.factories.accounts import UserFactory
from tests.trials.any_sequence import world
from tests.trials.any_sequence.choices import often, one_of, seldom, some
from tests.trials.any_sequence.frame import Frame

Status = Order.Status
PAUSES = [timedelta(minutes=20), timedelta(hours=5), timedelta(days=1), timedelta(days=1), timedelta(days=3)]


class Orders(Frame):
    """Steps that end an order, or give it an owner."""

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
            release_unproved_places(now=self.now)
            expire_seats(now=self.now)
            offer_free_places(now=self.now)

    # Proving a visitor's address -------------------------------------------------------------------------------------

    @precondition(lambda self: any(self.unproved()))
    @rule(n=some)
    def wait_unproved(self, n: int) -> None:
        """Let the hour of an order pass whose address nobody has proved."""
        order = one_of(list(self.unproved()), n)
        self.now = max(self.now, order.placed_at + UNPROVED_HOLDS_FOR)
        with self.step("release places"):
            release_unproved_places(now=self.now)
            lost = Order.objects.get(pk=order.pk).has_lost_places
            is_over = order.expires_at <= self.now
            assert lost == (any(line.places_held for line in order.lines.all()) and not is_over)
            if lost:
                self.reach("an order lost its places")

    @precondition(lambda self: any(self.unproved()))
    @rule(n=some)
    def prove(self, n: int) -> None:
        order = one_of(list(self.unproved()), n)
        with self.step("prove the address"):
            proved = prove_order(order_id=order.pk, actor=None, now=self.now)
            assert proved.is_proved
            if order.has_lost_places:
                self.reach(f"a proof {'found the places gone' if proved.has_lost_places else 'took places again'}")

    def unproved(self) -> Iterator[Order]:
        return (order for order in self.orders_in(Status.PLACED) if not order.is_proved)

    # Claiming a visitor's order --------------------------------------------------------------------------------------

    @precondition(lambda self: any(not order.is_claimed for order in self.orders))
    @rule(n=some, is_theirs=often)
    def claim(self, n: int, is_theirs: bool) -> None:
        order = one_of([order for order in self.orders if not order.is_claimed], n)
        user = User.objects.filter(email=order.contact_email if is_theirs else world.address("alice")).first()
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
        """Yield claimed orders in accounts of their own; some claimants have another account to move an order into."""
        own = {account.pk for account in self.world.accounts.values()}
        claimed = (order for order in self.orders if order.is_claimed and order.account_id not in own)
        return (order for order in claimed if order.pk not in self.moved)
