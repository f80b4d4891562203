"""Steps by which money goes back: units given back, refunds, and refunds that fail."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from shop.orders.giving_back.models import GivingBack
from shop.orders.giving_back.owed import owed_for
from shop.orders.giving_back.services import give_units_back
from shop.payments.models import PaymentEvent
from shop.payments.refunds import sending
from shop.payments.refunds.following import follow
from shop.payments.refunds.models import Refund
from shop.payments.refunds.unallocated import send_unallocated_back, way_back
from shop.payments.transfers_back.accounts import keep_account
from shop.payments.transfers_back.services import note_arrived, note_came_back
from tests.factories.shop import units_left
from tests.trials.any_money.frame import Frame, one_of, some, which_order

IBAN = "FR1420041010050500013M02606"
how_back = st.sampled_from([None, sending.How.AS_IT_CAME, sending.How.AS_IT_CAME, sending.How.CREDIT])


class GoingBack(Frame):
    """Steps by which units and money go back."""

    @rule(n=which_order, whole=st.booleans(), how=how_back)
    def give_back(self, n: int, whole: bool, how: sending.How | None) -> None:
        """Give back one unit of an order, or all that are left; and send back at once what is owed for them."""
        order = self.order(n)
        units = {line: indexes if whole else indexes[:1] for line, indexes in units_left(order).items() if indexes}
        with self.step("give back"):
            if units:
                give_units_back(order_id=order.pk, units=units, reason="Agreed", **self.by_merchant)
        if how is not None:
            self.send_back(n=n, how=how)

    @precondition(lambda self: GivingBack.objects.owed().exists())
    @rule(n=which_order, how=st.sampled_from(sending.How.values))
    def send_back(self, n: int, how: str) -> None:
        """Send back what is owed for an order."""
        order = self.order(n)
        with self.step(f"send back what is owed: {how}"):
            account = {"holder": "Ateliers Roy", "iban": IBAN, "order": order, "actor": None, "now": self.now}
            payee = keep_account(**account) if how == sending.How.TRANSFER else None
            told = {"owed": owed_for(order), "how": sending.How(how), "payee": payee}
            sending.send_back(order_id=order.pk, **told, **self.by_merchant)

    @precondition(lambda self: self.waiting())
    @rule(n=some)
    def send_unallocated(self, n: int) -> None:
        """Send money back that paid for nothing."""
        event = PaymentEvent.objects.get(pk=one_of(self.waiting(), n))
        way = way_back(event)
        with self.step("send back money that paid for nothing"):
            if way is not None:
                send_unallocated_back(event_id=event.pk, amount=way.amount, reason="", **self.by_merchant)

    @precondition(lambda self: self.unsent())
    @rule(n=some, state=st.sampled_from(["succeeded", "succeeded", "pending"]), kills=st.integers(0, 1))
    def send_refund(self, n: int, state: str, kills: int) -> None:
        """Send a refund to Stripe, which carries it out at once or later; and before that be killed a number of times
        between its answer and our commit."""
        for intent in self.at_stripe.of("pi"):
            intent["refunds_are"] = state
        pk = one_of(self.unsent(), n)
        with self.step("send a refund"):
            for _time in range(kills):
                with transaction.atomic():
                    follow(refund_id=pk, now=self.now)
                    transaction.set_rollback(True)
            follow(refund_id=pk, now=self.now)

    def unsent(self) -> list[int]:
        refunds = Refund.objects.open().filter(way=Refund.Way.PROVIDER).order_by("pk")
        return list(refunds.values_list("pk", flat=True))

    @precondition(lambda self: self.at_stripe.of("re"))
    @rule(n=some, fails=st.booleans())
    def refund_ends(self, n: int, fails: bool) -> None:
        """Let a refund be carried out that waits there, or fail: even one that was carried out."""
        refund: dict[str, Any] = one_of(self.at_stripe.of("re"), n)
        with self.step(f"a refund {'fails' if fails else 'is carried out'}"):
            if fails and refund["status"] != "failed":
                self.at_stripe.fail_refund(refund["id"])
                self.reach("a refund failed")
            elif refund["status"] == "pending":
                refund["status"] = "succeeded"
                self.at_stripe.tell("refund.updated", refund)

    @precondition(lambda self: self.transfers_back())
    @rule(n=some, arrives=st.booleans())
    def transfer_back_ends(self, n: int, arrives: bool) -> None:
        """Let a transfer to a customer arrive, or come back: even one that had arrived."""
        pk = one_of(self.transfers_back(), n)
        with self.step(f"a transfer back {'arrives' if arrives else 'comes back'}"):
            end = note_arrived if arrives else note_came_back
            end(refund_id=pk, now=self.now)

    def transfers_back(self) -> list[int]:
        refunds = Refund.objects.standing().filter(way=Refund.Way.TRANSFER).order_by("pk")
        return list(refunds.values_list("pk", flat=True))
