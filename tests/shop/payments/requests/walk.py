"""Random ways of paying, promising, ending and reviving one order."""

from __future__ import annotations

import random
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal

from django.utils import timezone

from billing.ledger.models import Account
from billing.ledger.selectors import balance, balances_of_order
from common.currencies import in_minor_units
from common.refusals import Refused
from shop.orders.ending import cancel_order, expire_orders
from shop.orders.giving_back.services import give_units_back
from shop.orders.models import Order
from shop.payments.attention import mark_resolved
from shop.payments.charge_backs.models import ChargeBack
from shop.payments.models import Payment, PaymentEvent, Settlement
from shop.payments.on_account.services import buy_on_account, debt_of
from shop.payments.requests.asked import asked_of, releases, still_to_come
from shop.payments.requests.payers import ask_payer
from shop.payments.requests.planning import Part, plan_payments
from shop.payments.requests.promises import accept_promise
from shop.payments.requests.together import apply_together, sum_waiting
from shop.payments.requests.using import apply_money, keep_as_credit
from tests.factories.accounts import UserFactory
from tests.factories.shop import pay
from tests.shop.payments.requests.plans import piece

STEPS = 14
SETTLED = (Order.Status.PAID, Order.Status.COMPLETED, Order.Status.REFUNDED)
LIMIT = Decimal(150)


class Walk:
    """One order of 120 € and what happens to it by chance."""

    def __init__(self, order: Order, seed: int) -> None:
        self.order, self.chance = order, random.Random(seed)
        self.merchant = UserFactory(is_staff=True)
        self.references = 0
        self.acts = (
            *(self.piece, self.part, self.whole, self.over, self.decline, self.again),
            *(self.plan, self.promise, self.cancel, self.expire, self.apply, self.credit, self.send_back),
            *(self.together, self.ask_payer, self.on_account, self.give_back),
            *(self.dispute, self.lose, self.win, self.dispute_again),
        )

    def step(self) -> str:
        act = self.chance.choice(self.acts)
        with suppress(Refused):
            act()
        self.order.refresh_from_db()
        return act.__name__

    def reference(self) -> str:
        self.references += 1
        return f"r{self.references}"

    def piece(self) -> None:
        piece(self.order, self.chance.choice(["10", "35.50", "70"]), self.reference())

    def part(self) -> None:
        asked = [each for each in asked_of(self.order) if each.rest > 0]
        if asked:
            pay(self.order, amount=self.chance.choice(asked).rest, reference=self.reference())

    def whole(self) -> None:
        pay(self.order, reference=self.reference())

    def over(self) -> None:
        piece(self.order, "500", self.reference())

    def decline(self) -> None:
        pay(self.order, kind="declined", reference=self.reference())

    def again(self) -> None:
        if self.references:
            number = self.chance.randint(1, self.references)
            payment = Payment.objects.filter(reference=f"{self.order.number}:r{number}").first()
            if payment is not None:
                told = {"provider": payment.provider, "amount": payment.amount, "event_id": self.reference() + "again"}
                pay(self.order, reference=f"r{number}", **told)

    def plan(self) -> None:
        parts = [Part(Decimal(70), None), Part(Decimal(50), timezone.localdate() + timedelta(days=30))]
        plan_payments(order_id=self.order.pk, parts=parts, actor=self.merchant, now=timezone.now())

    def promise(self) -> None:
        position = self.chance.choice([each.request.position for each in asked_of(self.order)])
        told = {"kind": "opco", "reference": "F", "due_on": None, "positions": [position]}
        accept_promise(order_id=self.order.pk, actor=self.merchant, now=timezone.now(), **told)

    def cancel(self) -> None:
        cancel_order(order_id=self.order.pk, actor=None, now=timezone.now())

    def expire(self) -> None:
        expire_orders(now=self.order.expires_at + timedelta(days=1))

    def apply(self) -> None:
        for event in PaymentEvent.objects.needing_attention()[:1]:
            told = {"order_number": self.order.number, "reason": "", "actor": self.merchant, "now": timezone.now()}
            apply_money(event_id=event.pk, **told)

    def credit(self) -> None:
        for event in PaymentEvent.objects.needing_attention()[:1]:
            keep_as_credit(event_id=event.pk, reason="", actor=self.merchant, now=timezone.now())

    def send_back(self) -> None:
        for event in PaymentEvent.objects.needing_attention()[:1]:
            mark_resolved(event_id=event.pk, note="", actor=self.merchant, now=timezone.now())

    def dispute(self) -> None:
        self.tell(self.chance.choice(["disputed", "dispute_lost"]))

    def lose(self) -> None:
        self.tell("dispute_lost", amount=self.chance.choice([None, Decimal(15), Decimal(9999)]))

    def win(self) -> None:
        self.tell("dispute_won")

    def dispute_again(self) -> None:
        self.tell("dispute_lost", thing="second")

    def tell(self, kind: str, *, thing: str = "first", amount: Decimal | None = None) -> None:
        """Tell that a dispute of one of the payments has begun or ended; as often as it comes."""
        payments = list(Payment.objects.filter(status=Payment.Status.SUCCEEDED).order_by("pk"))
        if payments:
            payment = self.chance.choice(payments)
            told = {"provider": payment.provider, "reference": payment.reference.partition(":")[2]}
            event_id = f"{thing}{payment.pk}:{kind}"
            pay(self.order, kind=kind, event_id=event_id, amount=amount or payment.amount, **told)

    def together(self) -> None:
        told = {"reason": "", "actor": self.merchant, "now": timezone.now()}
        apply_together(order_id=self.order.pk, seen=sum_waiting(self.order)[1], **told)

    def ask_payer(self) -> None:
        amount = Decimal(self.chance.choice([20, 50, 70, 120]))
        told = {"email": "opco@example.org", "actor": self.merchant, "now": timezone.now()}
        ask_payer(order_id=self.order.pk, amount=amount, **told)

    def on_account(self) -> None:
        debt = debt_of(self.order.account_id, "EUR")
        buy_on_account(order_id=self.order.pk, actor=None, now=timezone.now())
        assert debt_of(self.order.account_id, "EUR") <= max(LIMIT, debt)

    def give_back(self) -> None:
        if self.chance.random() < 0.3:
            units = {self.order.lines.get().pk: [0]}
            told = {"actor": self.merchant, "reason": "Agreed", "now": timezone.now()}
            give_units_back(order_id=self.order.pk, units=units, **told)

    def check(self) -> None:
        order, asked = self.order, asked_of(self.order)
        open_sums = balances_of_order(order.pk)
        is_settled = order.status in SETTLED
        assert Settlement.objects.filter(order=order).count() == is_settled
        is_taken = ChargeBack.objects.standing().exists()
        assert not is_settled or is_taken or releases(order, asked)
        owed = in_minor_units(still_to_come(asked), order.currency) if is_settled else 0
        assert open_sums.get(Account.RECEIVABLE, 0) == owed
        received = sum(in_minor_units(each.received, order.currency) for each in asked)
        assert -open_sums.get(Account.DEPOSITS, 0) == (0 if is_settled else received)
        came = sum(payment.amount for payment in Payment.objects.filter(status=Payment.Status.SUCCEEDED))
        came -= sum(charge_back.amount for charge_back in ChargeBack.objects.standing())
        assert balance(Account.IN_TRANSIT, currency="EUR") == came
        held = balance(Account.UNALLOCATED, Account.CREDIT, Account.REFUNDS_SENT, currency="EUR")
        assert came + held == Decimal(received) / 100
