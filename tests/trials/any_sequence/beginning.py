"""Beginning of every sequence: some purchases, each carried on to a stage of its own."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize

from accounts.members.rights import operators_of
from accounts.people.services import PersonTyped
from common.refusals import Refused
from enrolments.seats.assign import assign_seat
from enrolments.seats.models import Seat
from shop.cart.services import CartRefused
from shop.checkout.errors import CheckoutRefused
from shop.orders.models import Order
from tests.factories.shop import success
from tests.trials.any_sequence import world
from tests.trials.any_sequence.carts import Carts
from tests.trials.any_sequence.choices import entry_index, person, quantity, typed, whoever
from tests.trials.any_sequence.deliveries import Deliveries
from tests.trials.any_sequence.money import Money

Status = Order.Status


class Beginning(Carts, Money, Deliveries):
    """Orders placed, paid and delivered, and seats assigned, before the first step."""

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
            with suppress(Refused):
                assign_seat(
                    account=order.account,
                    seat_id=seat.pk,
                    course=seat.course or self.world.courses[1],
                    person=PersonTyped(email=world.address(who)),
                    operator=operator,
                    language="en",
                    now=self.now,
                )
