"""Steps of the merchant: plans, promises, deliveries, and money that came without paying for anything."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from outbox.jobs.models import Job
from outbox.jobs.running import run_due_jobs
from shop.orders.fulfilment import JOB_KIND
from shop.payments.attention import mark_resolved
from shop.payments.requests.asked import asked_of
from shop.payments.requests.payers import ask_payer
from shop.payments.requests.planning import Part, plan_payments
from shop.payments.requests.promises import accept_promise
from shop.payments.requests.together import apply_together, sum_waiting
from shop.payments.requests.using import apply_money, keep_as_credit
from tests.shop.papers.test_shares import AKTO
from tests.trials.any_money.frame import Frame, one_of, some, which_order


class Merchant(Frame):
    """Steps of the merchant, who sees what waits and decides."""

    @precondition(lambda self: self.is_unpaid())
    @rule(n=which_order)
    def plan(self, n: int) -> None:
        """Ask for an order in two parts."""
        parts = [Part(Decimal(70), None), Part(Decimal(50), timezone.localdate() + timedelta(days=30))]
        with self.step("plan"):
            plan_payments(order_id=self.order(n).pk, parts=parts, **self.by_merchant)

    @rule(n=which_order, amount=st.sampled_from([20, 50, 70, 120]))
    def ask_payer(self, n: int, amount: int) -> None:
        """Ask somebody else for a share."""
        with self.step("ask another payer"):
            ask_payer(order_id=self.order(n).pk, amount=Decimal(amount), email="opco@example.org", **self.by_merchant)

    @rule(n=which_order, m=some)
    def promise(self, n: int, m: int) -> None:
        order = self.order(n)
        position = one_of([each.request.position for each in asked_of(order)], m)
        told = {"kind": "opco", "reference": "F", "due_on": None, "positions": [position], "giver": AKTO}
        with self.step("accept a promise"):
            accept_promise(order_id=order.pk, **told, **self.by_merchant)

    @precondition(lambda self: Job.objects.filter(kind=JOB_KIND, state="pending").exists())
    @rule()
    def deliver(self) -> None:
        with self.step("deliver"):
            Job.objects.exclude(kind=JOB_KIND).filter(state="pending").update(due_at=self.now + timedelta(days=9_000))
            run_due_jobs()

    # Money that paid for nothing -------------------------------------------------------------------------------------

    @precondition(lambda self: self.waiting())
    @rule(n=some, m=which_order)
    def apply(self, n: int, m: int) -> None:
        """Give money to the order it came for, or to the other."""
        with self.step("give money to an order"):
            told = {"order_number": self.order(m).number, "reason": ""}
            apply_money(event_id=one_of(self.waiting(), n), **told, **self.by_merchant)

    @precondition(lambda self: self.waiting())
    @rule(n=some)
    def keep(self, n: int) -> None:
        with self.step("keep money as credit"):
            keep_as_credit(event_id=one_of(self.waiting(), n), reason="", **self.by_merchant)

    @precondition(lambda self: self.waiting())
    @rule(n=some)
    def resolve(self, n: int) -> None:
        """Note that money was sent back outside the shop."""
        with self.step("note as resolved"):
            mark_resolved(event_id=one_of(self.waiting(), n), note="", **self.by_merchant)

    @rule(n=which_order)
    def together(self, n: int) -> None:
        order = self.order(n)
        with self.step("give all that came to the order"):
            apply_together(order_id=order.pk, seen=sum_waiting(order)[1], reason="", **self.by_merchant)
