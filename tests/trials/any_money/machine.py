"""The whole machine: everything that can happen to the money of an account."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import initialize

from shop.orders.models import Order
from shop.payments.refunds import sending
from tests.trials.any_money.banks import Banks
from tests.trials.any_money.going_back import GoingBack
from tests.trials.any_money.merchant import Merchant
from tests.trials.any_money.papering import Papering
from tests.trials.any_money.paying import Paying

BEGINNINGS = ("placed", "in parts", "paid by transfer", "at the page", "paid by card", "delivered", "refunded")


class AnyMoney(Paying, Merchant, GoingBack, Banks, Papering):
    """All steps in one machine, after a beginning that carries each order to a stage of its own."""

    @initialize(
        rules=st.tuples(*[st.sampled_from(Order.ReleaseRule.values)] * 2),
        stages=st.tuples(*[st.sampled_from(BEGINNINGS)] * 2),
    )
    def begin(self, rules: tuple[str, str], stages: tuple[str, str]) -> None:
        for n, (rule, stage) in enumerate(zip(rules, stages, strict=True)):
            Order.objects.filter(pk=self.world.orders[n]).update(release_rule=rule)
            self.carry(n, stage)

    def carry(self, n: int, stage: str) -> None:
        match stage:
            case "in parts":
                self.plan(n=n)
            case "paid by transfer":
                self.transfer(n=n, amount="120")
            case "at the page":
                self.card(n=n, m=0, choice="stay")
            case "paid by card" | "delivered" | "refunded":
                self.card(n=n, m=0, choice="pay")
                self.messages(how="as sent")
        if stage in ("delivered", "refunded"):
            self.deliver()
        if stage == "refunded":
            self.give_back(n=n, whole=False, how=sending.How.AS_IT_CAME)
