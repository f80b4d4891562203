"""Extensions of seats and of people's access: bought, delivered, and given back by the steps of orders."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from common.moments import day_ends, days_later
from enrolments.extension.targets import Target, ending_grounds, find_targets, limited_seats
from shop.cart.services import CartRefused, add_to_cart, save_units
from shop.checkout.errors import CheckoutRefused
from shop.orders.lines.models import OrderLine
from shop.orders.models import Order
from tests.factories.shop import success
from tests.trials.any_sequence import world
from tests.trials.any_sequence.carts import Carts
from tests.trials.any_sequence.choices import often, one_of, seldom, some
from tests.trials.any_sequence.deliveries import Deliveries
from tests.trials.any_sequence.money import Money


class Extensions(Carts, Money, Deliveries):
    """Steps of those who buy more time."""

    @precondition(lambda self: self.to_lengthen())
    @rule(
        who=st.sampled_from(["alice", "carol"]),
        picks=st.lists(some, min_size=1, max_size=3),
        of_others=seldom,
        is_paid=often,
    )
    def extend(self, who: str, picks: Sequence[int], of_others: bool, is_paid: bool) -> None:
        """Buy days for what an account has, running, over or free; several units may pick the same."""
        others = {"alice": "carol", "carol": "alice"}
        keys = self.to_lengthen(others[who] if of_others else who) or self.to_lengthen()
        picked = {index: one_of(keys, n) for index, n in enumerate(picks)}
        cart = self.cart_of(who)
        self.arrange(cart.lines.all().delete)
        order = None
        with self.step("buy an extension", CartRefused, CheckoutRefused), transaction.atomic():
            line = add_to_cart(
                cart=cart, entry=self.world.extension, quantity=len(picked), user=cart.user, now=self.now
            )
            save_units(cart=cart, line_id=line.pk, answers={n: {"target": key} for n, key in picked.items()})
            order = self._place(who, email=who)
            found = find_targets(picked.values(), account_ids=[self.world.accounts[who].pk])
            assert found.keys() == set(picked.values()), "only what an account has is lengthened"
        if order is not None and is_paid:
            with self.step("deliver an extension"):
                self._deliver_it(order, list(picked.values()))

    def _deliver_it(self, order: Order, keys: Sequence[str]) -> None:
        """Have an order paid and delivered: each thing ends by so many days later as units picked it."""
        is_alone = not self.jobs_in("pending")
        self.tell(success(order, reference=self.reference()))
        before = find_targets(keys, account_ids=[order.account_id])
        self._work()
        if order.lines.get().status != OrderLine.Status.FULFILLED:
            return
        units: Counter[object] = Counter(before[key].identity for key in keys)
        after = find_targets(keys, account_ids=[order.account_id])
        for key, target in before.items():
            if is_alone:
                ends_at = self._lengthened(target, units[target.identity])
                assert after[key].ends_at == ends_at, "days are counted once"
            self.reach(f"days were bought for {self._in_words(target)}")

    def _lengthened(self, target: Target, units: int) -> datetime:
        assert target.ends_at is not None
        ends_at = days_later(max(target.ends_at, self.now), world.MORE_DAYS * units)
        last_day = target.course.last_day if target.course is not None else None
        return ends_at if last_day is None else min(ends_at, day_ends(last_day))

    def _in_words(self, target: Target) -> str:
        is_over = target.ends_at is not None and target.ends_at <= self.now
        if target.seat is not None:
            return "an expired seat" if is_over else "a free seat"
        return "an access that was over" if is_over else "an access that runs"

    def to_lengthen(self, *names: str) -> list[str]:
        """Return the keys of what accounts may lengthen, of all where none is named."""
        accounts = [self.world.accounts[name].pk for name in names or ("alice", "carol")]
        grounds = ending_grounds(self.now).filter(account__in=accounts).order_by("pk")
        seats = limited_seats().filter(account__in=accounts).order_by("pk")
        return [f"ground-{pk}" for pk in grounds.values_list("pk", flat=True)] + [
            f"seat-{pk}" for pk in seats.values_list("pk", flat=True)
        ]
