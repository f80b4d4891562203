"""Payments of customers, and messages of providers and the merchant about money."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from accounts.people.models import User
from shop.orders.models import Order
from shop.payments.models import PaymentEvent, Settlement
from shop.payments.port import ProviderEvent
from shop.payments.providers.sandbox import bank
from shop.payments.providers.sandbox.provider import provider
from shop.payments.services import (
    AmountDiffers,
    MethodNotAllowed,
    ReferenceKnown,
    ask_provider,
    begin_payment,
    choose_method,
    confirm_received,
    settle,
)
from tests.factories.shop import charge_at_sandbox, success
from tests.trials.any_sequence.choices import one_of, seldom, some
from tests.trials.any_sequence.frame import Frame

Status = Order.Status
Outcome = PaymentEvent.Outcome

ENDED_UNPAID = (Status.EXPIRED, Status.CANCELLED)
PAID = (Status.PAID, Status.COMPLETED, Status.REFUNDED)
WRONG = ({"amount": Decimal("0.01")}, {"currency": "USD"}, {"order_number": "1999-000001"})


class Money(Frame):
    """Steps that tell the shop about money, at the right time or not."""

    def tell(self, event: ProviderEvent, actor: User | None = None) -> str:
        outcome = settle(event=event, actor=actor, now=self.now)
        self.told[event.event_id] = (event, outcome)
        return outcome

    def reference(self) -> str:
        return f"charge-{len(self.told)}"

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
            outcome = self.tell(success(order, reference=self.reference()))
            assert outcome == Outcome.SETTLED or (outcome == Outcome.LATE and order.has_lost_places)
            if order.has_lost_places:
                self.reach(f"money for an order without its places: {outcome}")

    @precondition(lambda self: self.to_pay(Status.PLACED))
    @rule(n=some, choice=st.sampled_from(bank.Choice.values))
    def begin_card(self, n: int, choice: str) -> None:
        order = one_of(self.to_pay(Status.PLACED), n)
        with self.step("begin to pay by card"):
            charge = charge_at_sandbox(order, choice, now=self.now)
            begin_payment(order_id=order.pk, provider=provider, reference=charge.reference, now=self.now)

    @precondition(lambda self: self.under_way)
    @rule(n=some)
    def return_from_card(self, n: int) -> None:
        """Return from the bank's page; the shop asks the provider and believes the answer."""
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
        """Send a message that is not a plain success, of a sort chosen evenly, so that none crowds out the others."""
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
        """Send the same notification again, or another one about the same payment."""
        settled = Settlement.objects.count()
        with self.step("notify twice"):
            if is_same_event:
                assert self.tell(event) == outcome
                assert self.rows_are_as(self.rows)
                return
            again = self.tell(replace(event, event_id=f"again-{len(self.told)}"))
            # Late money may find its places by now; a payment reported again has no other effect.
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
            if order.status == Status.PLACED and not order.has_lost_places:
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
        """Confirm as the merchant that a transfer has arrived."""
        order = one_of(self.to_pay(*(Status.values if any_order else [Status.PLACED])), n)
        with self.step("confirm a transfer", AmountDiffers, ReferenceKnown):
            outcome = confirm_received(
                order_id=order.pk,
                amount=order.gross + 1 if differs else order.gross,
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
