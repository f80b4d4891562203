"""Steps of customers: payments by card, by transfer, by credit and on account, and orders that end."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from billing.ledger.models import Account
from billing.ledger.selectors import balance
from shop.orders.ending import cancel_order, expire_orders
from shop.orders.models import Order
from shop.payments.attempts.services import start_payment
from shop.payments.credit.services import pay_by_credit
from shop.payments.models import Payment
from shop.payments.on_account.services import buy_on_account, debt_of
from shop.payments.providers.stripe.provider import provider as stripe
from shop.payments.requests.asked import asked_of
from tests.factories.shop import pay
from tests.trials.any_money.frame import Frame, one_of, some, which_order
from tests.trials.any_money.rules import LIMIT


class Paying(Frame):
    """Steps by which customers pay, or end their orders."""

    @rule(n=which_order, m=some, choice=st.sampled_from(["pay", "pay", "pay", "later", "decline", "stay"]))
    def card(self, n: int, m: int, choice: str) -> None:
        """Go to Stripe's page for one of the parts of an order, and do something there, or nothing yet."""
        order = self.order(n)
        with self.step(f"at the page: {choice}"):
            owing = [each.request.pk for each in asked_of(order) if each.rest > 0]
            request_id = one_of(owing, m) if owing else None
            attempt = start_payment(order=order, provider=stripe, now=self.now, request_id=request_id)
            if choice != "stay" and self.at_stripe.get(attempt.reference)["status"] == "open":
                self.at_stripe.pay(attempt.reference, choice)

    @precondition(lambda self: self.pages())
    @rule(n=some, choice=st.sampled_from(["pay", "later", "leave it to end"]))
    def page_left_open(self, n: int, choice: str) -> None:
        """Go on at a page that was left open, whatever became of its order meanwhile."""
        page = one_of(self.pages(), n)
        with self.step(f"at a page left open: {choice}"):
            if choice == "leave it to end":
                self.at_stripe.expire(page)
            else:
                self.at_stripe.pay(page["id"], choice)

    def pages(self) -> list[dict[str, Any]]:
        return [each for each in self.at_stripe.of("cs") if each["status"] == "open"]

    @rule(n=which_order, amount=st.sampled_from(["rest", "rest", "10", "35.50", "70", "120", "240", "500"]))
    def transfer(self, n: int, amount: str) -> None:
        """Send an amount by transfer: what the next part still asks for, a piece, the whole, or too much."""
        order = self.order(n)
        rest = next((each.rest for each in asked_of(order) if each.rest > 0), order.gross)
        with self.step(f"a transfer: {amount}"):
            sent = rest if amount == "rest" else Decimal(amount)
            pay(order, provider="transfer", reference=self.reference(), amount=sent, now=self.now)

    @precondition(lambda self: self.transfers())
    @rule(n=some)
    def told_again(self, n: int) -> None:
        """Tell of a transfer by another message."""
        payment = one_of(self.transfers(), n)
        order = Order.objects.get(pk=payment.order_id)
        told = {"provider": "transfer", "amount": payment.amount, "reference": payment.reference.partition(":")[2]}
        with self.step("a transfer is told of again"):
            pay(order, event_id=f"again-{payment.pk}", now=self.now, **told)

    def transfers(self) -> list[Payment]:
        return list(Payment.objects.filter(provider="transfer").order_by("pk"))

    @precondition(lambda self: self.is_unpaid())
    @rule(n=which_order)
    def on_account(self, n: int) -> None:
        order = self.order(n)
        before = debt_of(order.account_id, "EUR")
        with self.step("on account"):
            buy_on_account(order_id=order.pk, actor=None, now=self.now)
        assert debt_of(order.account_id, "EUR") <= max(LIMIT, before), "an account owes no more than its limit"

    @precondition(lambda self: balance(Account.CREDIT, currency="EUR") < 0)
    @rule(n=which_order)
    def by_credit(self, n: int) -> None:
        with self.step("by credit"):
            pay_by_credit(order_id=self.order(n).pk, actor=None, now=self.now)

    @rule(n=which_order, how=st.sampled_from(["no", "no", "cancel", "expire"]))
    def end(self, n: int, how: str) -> None:
        """Cancel an order, or let its unpaid time end; mostly neither, as much else happens before."""
        order = self.order(n)
        with self.step(f"end an order: {how}"):
            if how == "cancel":
                cancel_order(order_id=order.pk, actor=None, now=self.now)
            elif how == "expire":
                expire_orders(now=order.expires_at + timedelta(seconds=1))
